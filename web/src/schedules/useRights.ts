import { useContext, useRef, useState } from 'react'
import { graphql } from '../graphql/graphql.ts'
import { useChanges } from '../graphql/live.ts'
import { askOnce, UncachedContext } from '../graphql/uncached.ts'
import type { ScheduleRights } from './rights.ts'

const rightsQuery = graphql(`
  query ScheduleRights($scheduleId: BigInt!) {
    schedules(first: 1, filter: { rowId: { equalTo: $scheduleId } }) {
      nodes {
        rowId
        isSystem
        mayChange
        runAs
        userByOwnerUser {
          rowId
          username
        }
      }
    }
  }
`)

/** What is known of schedules' rights; the rest is asked for. */
export interface Rights {
  /** Null while it is not known. */
  of: (scheduleId: string) => ScheduleRights | null
  /** Asks where it must; null where there is no answer. */
  ask: (scheduleId: string) => Promise<ScheduleRights | null>
}

/** What someone may do with schedules, asked for one by one, before a key or a press needs it. */
export function useRights(): Rights {
  const uncached = useContext(UncachedContext)
  const [known, setKnown] = useState<ReadonlyMap<string, ScheduleRights>>(new Map())
  const asked = useRef(new Map<string, Promise<ScheduleRights | null>>())
  useChanges(['schedules'], (changes) => {
    const changed = (id: string) => changes.some(({ ids }) => ids === null || ids.has(id))
    for (const id of asked.current.keys()) if (changed(id)) asked.current.delete(id)
    setKnown((old) => new Map([...old].filter(([id]) => !changed(id))))
  })

  const question = async (scheduleId: string): Promise<ScheduleRights | null> => {
    if (uncached === null) return null
    const [answer] = (await askOnce(uncached, rightsQuery, [{ scheduleId }]).answers) ?? []
    const schedule = answer?.schedules?.nodes[0]
    if (schedule === undefined) return null
    const { isSystem, mayChange, runAs, userByOwnerUser } = schedule
    return { isSystem, mayChange: mayChange === true, owner: userByOwnerUser?.username ?? runAs }
  }
  return {
    of: (scheduleId) => known.get(scheduleId) ?? null,
    ask: (scheduleId) => {
      const before = asked.current.get(scheduleId)
      if (before !== undefined) return before
      const own = question(scheduleId).then((rights) => {
        // It has changed meanwhile.
        if (asked.current.get(scheduleId) !== own) return rights
        if (rights === null) asked.current.delete(scheduleId)
        else setKnown((old) => new Map(old).set(scheduleId, rights))
        return rights
      })
      asked.current.set(scheduleId, own)
      return own
    },
  }
}
