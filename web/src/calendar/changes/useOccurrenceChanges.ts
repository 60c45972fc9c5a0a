import { useMemo, useRef, useState } from 'react'
import { useClient, type Client, type CombinedError } from 'urql'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { formatClock, formatDay } from '../../time/instant.ts'
import { pauseMutation, resumeMutation } from '../../schedules/scheduleMutations.ts'
import { offerUndo } from '../../undo/offerUndo.tsx'
import { ownVersions } from '../../undo/ownVersions.ts'
import { undoOf, type OccurrenceChange } from '../details/occurrenceOverride.ts'
import { itemKey, type CalendarItem } from '../items/calendarItem.ts'
import { changeSeveral, pauseSeveral, type BulkChanges } from './bulkChanges.ts'
import { moveMutation, restoreMutation, skipMutation, undoMutation } from './changeMutations.ts'
import type { MovePlan } from '../drag/useMovePlan.ts'
import { moveFollowing } from './moveFollowing.ts'
import { tellRefusal } from './tellRefusal.ts'
import { afterAnswer, withPending, type Change, type Pending } from './pending.ts'

/** What someone may do from the calendar: it shows at once, goes back when refused, and can be undone. */
export interface CalendarChanges {
  /** Moves, skips or restores one occurrence; null once it is done, else why it was refused, for the caller to say. */
  occurrence: (
    item: CalendarItem,
    change: OccurrenceChange,
    reason?: string | null,
  ) => Promise<Problem | null>
  /** Moves an occurrence and all that follow, by the rule; says itself when it is refused. */
  following: (item: CalendarItem, to: number, plan: MovePlan) => Promise<void>
  /** Says itself when it is refused, as the next does. */
  pause: (item: CalendarItem, reason?: string | null) => Promise<void>
  resume: (item: CalendarItem, catchUp?: boolean) => Promise<void>
}

interface ChangesOptions {
  /** As the database answered them; null while they are on their way. */
  items: readonly CalendarItem[] | null
  window: { start: number; end: number }
  timeZone: string
  refetch: () => void
}

interface Sent {
  error?: CombinedError | undefined
}

const nominalOf = (item: CalendarItem) => item.nominal ?? new Date(item.startsAt).toISOString()

/** Sends a change of one occurrence, and keeps as of when it stands so. */
async function sendOccurrence(
  client: Client,
  item: CalendarItem,
  change: OccurrenceChange,
  reason: string | null,
): Promise<Sent> {
  const schedule = item.scheduleName
  const occurrence = nominalOf(item)
  const keep = (error: CombinedError | undefined, madeAt?: string | null) => {
    if (error === undefined) ownVersions.setOccurrence(item.scheduleId, occurrence, madeAt)
    return { error }
  }
  if (change.do === 'skip') {
    const { data, error } = await client.mutation(skipMutation, { schedule, occurrence, reason }).toPromise()
    return keep(error, data?.skipOccurrence?.result?.createdAt)
  }
  if (change.do === 'restore')
    return keep((await client.mutation(restoreMutation, { schedule, occurrence }).toPromise()).error)
  const to = new Date(change.to).toISOString()
  const { data, error } = await client
    .mutation(moveMutation, { schedule, occurrence, to, reason })
    .toPromise()
  return keep(error, data?.moveOccurrence?.result?.createdAt)
}

/** Takes back what was done to one occurrence, unless someone has changed it since. */
async function sendUndo(client: Client, item: CalendarItem, change: OccurrenceChange): Promise<Sent> {
  const occurrence = nominalOf(item)
  const { data, error } = await client
    .mutation(undoMutation, {
      schedule: item.scheduleName,
      occurrence,
      madeAt: ownVersions.occurrence(item.scheduleId, occurrence),
      action: change.do === 'restore' ? null : change.do,
      to: change.do === 'move' ? new Date(change.to).toISOString() : null,
    })
    .toPromise()
  if (error === undefined)
    ownVersions.setOccurrence(item.scheduleId, occurrence, data?.undoOverride?.result?.createdAt)
  return { error }
}

/** The calendar's items as they will be, and what changes them. */
export function useOccurrenceChanges({ items, window, timeZone, refetch }: ChangesOptions): {
  items: readonly CalendarItem[] | null
  changes: CalendarChanges
  bulk: BulkChanges
} {
  const client = useClient()
  const lastId = useRef(0)
  const [pending, setPending] = useState<readonly Pending[]>([])
  const [seen, setSeen] = useState(items)
  if (seen !== items) {
    setSeen(items)
    if (items !== null) setPending(afterAnswer(pending, items, seen ?? []))
  }
  const { start, end } = window
  const shown = useMemo(
    () => (items === null ? null : withPending(items, pending, { start, end })),
    [items, pending, start, end],
  )

  /** Shows a change while it is sent. */
  const make = async (change: Change, send: () => Promise<Sent>) => {
    lastId.current += 1
    const id = lastId.current
    setPending((before) => [...before, { id, change, answers: null }])
    const [refused = null] = readProblems((await send()).error)
    setPending((before) =>
      refused === null
        ? before.map((each) => (each.id === id ? { ...each, answers: 0 } : each))
        : before.filter((each) => each.id !== id),
    )
    if (refused === null) refetch()
    return refused
  }
  const moment = (at: number) => `${formatDay(at, timeZone)} ${formatClock(at, timeZone)} ${timeZone}`
  const said = (item: CalendarItem, change: OccurrenceChange) => {
    const name = item.scheduleName
    if (change.do === 'skip') return `Skipped ${name} on ${moment(item.startsAt)}`
    if (change.do === 'restore') return `Restored ${name} on ${moment(item.scheduledFor ?? item.startsAt)}`
    return `Moved ${name} to ${moment(change.to)}`
  }

  const override = (item: CalendarItem, change: OccurrenceChange, reason: string | null = null) =>
    make({ of: 'occurrence', key: itemKey(item), change }, () => sendOccurrence(client, item, change, reason))
  const takeBack = (item: CalendarItem) => {
    const change = undoOf(item)
    return make({ of: 'occurrence', key: itemKey(item), change }, () => sendUndo(client, item, change))
  }
  const setPaused = (
    item: CalendarItem,
    isPaused: boolean,
    how: { reason?: string | null; catchUp?: boolean; isUndo?: boolean },
  ) => {
    const { scheduleId, scheduleName: schedule } = item
    return make({ of: 'schedule', scheduleId, status: isPaused ? 'paused' : 'active' }, async () => {
      const expected = how.isUndo === true ? ownVersions.schedule(scheduleId) : null
      const { data, error } = isPaused
        ? await client.mutation(pauseMutation, { schedule, reason: how.reason ?? null, expected }).toPromise()
        : await client
            .mutation(resumeMutation, { schedule, catchUp: how.catchUp ?? false, expected })
            .toPromise()
      const done = data === undefined ? null : 'pause' in data ? data.pause : data.resume
      ownVersions.setSchedule(scheduleId, done?.result?.updatedAt)
      return { error }
    })
  }

  const changes: CalendarChanges = {
    occurrence: async (item, change, reason) => {
      const refused = await override(item, change, reason)
      if (refused === null) offerUndo(said(item, change), () => takeBack(item))
      return refused
    },
    following: async (item, to, plan) => {
      const what = `${item.scheduleName} from ${formatDay(item.startsAt, timeZone)} on`
      const key = itemKey(item)
      let undo: (() => Promise<Problem | null>) | null = null
      const refused = await make({ of: 'occurrence', key, change: { do: 'move', to } }, async () => {
        const done = await moveFollowing(client, item, to, plan)
        undo = done.undo
        return { error: done.error }
      })
      tellRefusal(`Could not move ${what}`, refused)
      const back = undo as (() => Promise<Problem | null>) | null
      if (refused === null && back !== null)
        offerUndo(`Moved ${what} to ${formatClock(to, timeZone)} ${timeZone}`, async () => {
          const kept = await back()
          refetch()
          return kept
        })
    },
    pause: async (item, reason) => {
      const refused = await setPaused(item, true, reason === undefined ? {} : { reason })
      // As if there had been no pause: what fell into it is caught up.
      if (refused === null)
        offerUndo(`Paused ${item.scheduleName}`, () =>
          setPaused(item, false, { catchUp: true, isUndo: true }),
        )
      tellRefusal(`Could not pause ${item.scheduleName}`, refused)
    },
    resume: async (item, catchUp = false) => {
      const refused = await setPaused(item, false, { catchUp })
      if (refused === null)
        offerUndo(`Resumed ${item.scheduleName}`, () => setPaused(item, true, { isUndo: true }))
      tellRefusal(`Could not resume ${item.scheduleName}`, refused)
    },
  }
  const bulk: BulkChanges = {
    occurrences: (...wanted) => changeSeveral(override, takeBack, ...wanted),
    pause: (...wanted) => pauseSeveral(setPaused, ...wanted),
  }
  return { items: shown, changes, bulk }
}
