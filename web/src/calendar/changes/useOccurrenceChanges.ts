import { useMemo, useState } from 'react'
import { useClient } from 'urql'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { formatClock, formatDay } from '../../time/instant.ts'
import { sendPause, sendResume } from '../../schedules/sendPause.ts'
import { inUndoOrder, offerUndo } from '../../undo/offerUndo.tsx'
import type { Sent } from '../../undo/sent.ts'
import { undoOf, type OccurrenceChange } from '../details/occurrenceOverride.ts'
import { itemKey, type CalendarItem } from '../items/calendarItem.ts'
import { changeSeveral, pauseSeveral, type BulkChanges, type Made } from './bulkChanges.ts'
import type { MovePlan } from '../drag/useMovePlan.ts'
import { moveFollowing, splitFollowing } from './moveFollowing.ts'
import { sendOccurrence } from './sendOccurrence.ts'
import { tellRefusal } from '../../panel/tellRefusal.ts'
import { afterAnswer, withPending, type Change, type Pending } from './pending.ts'

/** What someone may do from the calendar: it shows at once, goes back when refused, and can be undone. */
export interface CalendarChanges {
  /**
   * Moves, skips or restores one occurrence; null once it is done, otherwise why it was refused, for the caller to say.
   */
  occurrence: (
    item: CalendarItem,
    change: OccurrenceChange,
    reason?: string | null,
  ) => Promise<Problem | null>
  /** Moves an occurrence and all that follow, by the rule; says itself when it is refused. */
  following: (item: CalendarItem, to: number, plan: MovePlan) => Promise<void>
  /**
   * Continues an occurrence and all that follow in a schedule of their own, where no rule moves them all; its id, or null
   * where it is refused, which it says itself.
   */
  split: (item: CalendarItem, to: number, plan: MovePlan) => Promise<string | null>
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

/** The calendar's items as they will be, and what changes them. */
export function useOccurrenceChanges({ items, window, timeZone, refetch }: ChangesOptions): {
  items: readonly CalendarItem[] | null
  changes: CalendarChanges
  bulk: BulkChanges
} {
  const client = useClient()
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

  /** Shows a change while it is sent; and what is shown while it is taken back. */
  const make = async (change: Change, back: Change, send: () => Promise<Sent>): Promise<Made> => {
    const id = Symbol()
    setPending((before) => [...before, { id, change, answers: null }])
    const { error, takeBack } = await send()
    const [refused = null] = readProblems(error)
    setPending((before) =>
      refused === null
        ? before.map((each) => (each.id === id ? { ...each, answers: 0 } : each))
        : before.filter((each) => each.id !== id),
    )
    if (refused === null) refetch()
    return { refused, takeBack: async () => (await make(back, change, takeBack)).refused }
  }
  const moment = (at: number) => `${formatDay(at, timeZone)} ${formatClock(at, timeZone)} ${timeZone}`
  const said = (item: CalendarItem, change: OccurrenceChange) => {
    const name = item.scheduleName
    if (change.do === 'skip') return `Skipped ${name} on ${moment(item.startsAt)}`
    if (change.do === 'restore') return `Restored ${name} on ${moment(item.scheduledFor ?? item.startsAt)}`
    return `Moved ${name} to ${moment(change.to)}`
  }

  const override = (item: CalendarItem, change: OccurrenceChange, reason: string | null = null) => {
    const of = 'occurrence'
    const key = itemKey(item)
    return make({ of, key, change }, { of, key, change: undoOf(item) }, () =>
      sendOccurrence(client, item, change, reason),
    )
  }
  const setStatus = (item: CalendarItem, status: 'paused' | 'active', send: () => Promise<Sent>) => {
    const { scheduleId } = item
    const former = status === 'paused' ? 'active' : 'paused'
    return make({ of: 'schedule', scheduleId, status }, { of: 'schedule', scheduleId, status: former }, send)
  }
  const pause = (item: CalendarItem, reason: string | null = null) =>
    setStatus(item, 'paused', () => sendPause(client, item, reason))

  const changes: CalendarChanges = {
    occurrence: inUndoOrder(async (item, change, reason) => {
      const { refused, takeBack } = await override(item, change, reason)
      if (refused === null) offerUndo(said(item, change), takeBack)
      return refused
    }),
    following: inUndoOrder(async (item, to, plan) => {
      const what = `${item.scheduleName} from ${formatDay(item.startsAt, timeZone)} on`
      const of = 'occurrence'
      const key = itemKey(item)
      const { refused, takeBack } = await make(
        { of, key, change: { do: 'move', to } },
        { of, key, change: undoOf(item) },
        () => moveFollowing(client, item, to, plan),
      )
      tellRefusal(refused, `Could not move ${what}`)
      if (refused === null) offerUndo(`Moved ${what} to ${formatClock(to, timeZone)} ${timeZone}`, takeBack)
    }),
    split: inUndoOrder(async (item, to, plan) => {
      const what = `${item.scheduleName} on ${formatDay(item.startsAt, timeZone)}`
      const of = 'occurrence'
      const key = itemKey(item)
      let splitId: string | null = null
      const { refused, takeBack } = await make(
        { of, key, change: { do: 'move', to } },
        { of, key, change: undoOf(item) },
        async () => {
          const sent = await splitFollowing(client, item, to, plan)
          splitId = sent.splitId
          return sent
        },
      )
      tellRefusal(refused, `Could not split ${what}`)
      if (refused === null) offerUndo(`Split ${what}`, takeBack)
      return splitId
    }),
    pause: inUndoOrder(async (item, reason) => {
      const { refused, takeBack } = await pause(item, reason)
      if (refused === null) offerUndo(`Paused ${item.scheduleName}`, takeBack)
      tellRefusal(refused, `Could not pause ${item.scheduleName}`)
    }),
    resume: inUndoOrder(async (item, catchUp = false) => {
      const { refused, takeBack } = await setStatus(item, 'active', () => sendResume(client, item, catchUp))
      if (refused === null) offerUndo(`Resumed ${item.scheduleName}`, takeBack)
      tellRefusal(refused, `Could not resume ${item.scheduleName}`)
    }),
  }
  const bulk: BulkChanges = {
    occurrences: inUndoOrder((...wanted) => changeSeveral(override, ...wanted)),
    pause: inUndoOrder((...wanted) => pauseSeveral(pause, ...wanted)),
  }
  return { items: shown, changes, bulk }
}
