import { MOST_ROWS } from '../../../../shared/counts.ts'
import { useContext, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react'
import { useQuery } from 'urql'
import { useAnswer, type AsOf } from '../../graphql/answer.ts'
import type { Change } from '../../graphql/burst.ts'
import { graphql } from '../../graphql/graphql.ts'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { useChanges } from '../../graphql/live.ts'
import { delays } from '../../graphql/delay.ts'
import type { CalendarArgs } from '../filter/calendarFilter.ts'
import { createRefetchPace, type RefetchPace } from '../../graphql/refetchPace.ts'
import { askOnce, UncachedContext } from '../../graphql/uncached.ts'
import { asWhole } from '../../graphql/wholeAnswers.ts'
import { serverTime } from '../../time/serverTime.ts'
import { areCountedApart, livePart, patchItems } from './calendarPatch.ts'
import { readCalendarItem, type CalendarItem } from './calendarItem.ts'
import { useSteady } from './useSteady.ts'

const calendarQuery = graphql(`
  query Calendar(
    $start: Datetime!
    $end: Datetime!
    $timezone: String!
    $bucket: IntervalInput!
    $scheduleIds: [BigInt]
    $tags: [String]
    $task: String
    $creator: String
    $search: String
    $withSystem: Boolean!
    $piles: Boolean!
    $maxCount: Int
  ) {
    calendar(
      rangeStart: $start
      rangeEnd: $end
      timezone: $timezone
      bucket: $bucket
      scheduleIds: $scheduleIds
      tags: $tags
      task: $task
      creator: $creator
      search: $search
      withSystem: $withSystem
      piles: $piles
      maxCount: $maxCount
    ) {
      item
      scheduleId
      scheduleName
      scheduleStatus
      startsAt
      endsAt
      scheduledFor
      runId
      status
      trigger
      reason
      startedAt
      finishedAt
      attempt
      maxAttempts
      total
      succeeded
      failed
      skipped
      cancelled
      running
      waiting
      upcoming
    }
  }
`)

interface CalendarWindow {
  start: number
  end: number
  timezone: string
  /** How fine counts come, in minutes. */
  bucket: number
  /** How fine they come where there are piles or the rest leaves room for it, best first. */
  finer?: readonly number[]
  /** The only schedules that are asked for; null not to ask. */
  filter: CalendarArgs | null
  /** With Almanac's own schedules. */
  withSystem: boolean
  /** Where there is too much to list, what someone should see is shown next to piles of the rest. */
  piles?: boolean
}

export interface CalendarContent {
  /** What is shown: of this window, or null while it is on its way. */
  items: readonly CalendarItem[] | null
  /** Until when they were what the database says. */
  asOf: AsOf
  problem: Problem | null
  /** There is too much to list: counts of all schedules together are in the place of items. */
  isCounted: boolean
  refetch: () => void
}

/** How often a window is looked at again where changes do not end, in milliseconds. */
const every = 16_000
/** More than this many schedules are not asked for by their ids, nor more items kept: the whole window is. */
const mostSchedules = 200
const mostItems = MOST_ROWS

interface Whole {
  readonly items: readonly CalendarItem[]
  /** There is too much to list, and parts of it cannot be told from each other. */
  readonly isCounted: boolean
  /** There is too much to list: parts of it are of all schedules, each day apart. */
  readonly hasPiles: boolean
}

/** What changed since the last look: schedules themselves, or runs of them. */
interface Wanted {
  isAll: boolean
  readonly schedules: Set<string>
  readonly runs: Set<string>
}

/** What is asked for again: some schedules, or all of them. */
interface Part {
  readonly ids: ReadonlySet<string>
  readonly isOfAll: boolean
  /** Only whether the window has these schedules is of interest. */
  readonly isOnlyAsked?: boolean
  readonly start: number
  readonly end: number
}

/** What there is in a window by its own buckets. */
interface Plain {
  readonly place: string
  readonly whole: Whole
}

/** Finer counts are more rows, and more than `mostItems` would be piles in the place of what is listed. */
function bucketOf({ bucket, finer = [] }: CalendarWindow, plain: Plain | null): number {
  if (plain === null || (plain.whole.isCounted && !plain.whole.hasPiles)) return bucket
  const { items, hasPiles } = plain.whole
  const counted = items.filter(({ kind }) => kind === 'bucket').length
  const fits = (each: number) => hasPiles || items.length + counted * (bucket / each - 1) <= mostItems
  return finer.find(fits) ?? bucket
}

const nothing = (): Wanted => ({ isAll: false, schedules: new Set(), runs: new Set() })

function add(wanted: Wanted, changes: readonly Change[]): void {
  for (const { topic, ids } of changes) {
    if (topic !== 'schedules' && topic !== 'runs') continue
    if (ids === null) wanted.isAll = true
    else for (const id of ids) wanted[topic].add(id)
  }
}

/**
 * What happened and will happen in a window of time, kept up to date: of a change the schedules that it names are asked for
 * again, and of their runs only the days that runs can change.
 */
export function useCalendar(window: CalendarWindow): CalendarContent {
  const { start, end, timezone, filter, withSystem, piles = false } = window
  const place = `${start} ${end} ${timezone} ${window.bucket} ${JSON.stringify(filter)} ${withSystem} ${piles}`
  const [plain, setPlain] = useState<Plain | null>(null)
  const bucket = bucketOf(window, plain?.place === place ? plain : null)
  const uncached = useContext(UncachedContext)
  const shared = {
    timezone,
    bucket: { minutes: bucket },
    ...filter,
    withSystem,
  }
  const variables = {
    ...shared,
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    piles,
  }
  const pause = filter === null
  const args = { query: calendarQuery, variables, pause }
  const [state, execute] = useQuery({ ...args, context: asWhole, requestPolicy: 'cache-and-network' })
  const { data, asOf, error, isOther } = useAnswer(state, args)
  const before = state.operation?.variables
  // What is of another window of time has no place in this one; of another text it is narrowed meanwhile.
  const isElsewhen = isOther && (before?.['start'] !== variables.start || before['end'] !== variables.end)
  const answer = pause || isElsewhen ? null : data?.calendar
  const whole = useMemo(
    (): Whole | null =>
      answer
        ? {
            items: answer.map(readCalendarItem).filter((item) => item !== null),
            isCounted: answer.some(({ item }) => item === 'density'),
            hasPiles: answer.some(({ item }) => item === 'pile'),
          }
        : null,
    [answer],
  )
  const [patched, setPatched] = useState<{ whole: Whole; items: readonly CalendarItem[] } | null>(null)
  const items = patched !== null && patched.whole === whole ? patched.items : (whole?.items ?? null)
  const subject = `${place} ${bucket}`
  if (whole !== null && !isOther && bucket === window.bucket && plain?.whole !== whole)
    setPlain({ place, whole })

  const wanted = useRef(nothing())
  /** Schedules that have nothing in the window: Almanac's own, others than those asked for. */
  const elsewhere = useRef(new Set<string>())
  /** Schedules that are known to be in some pile: those are of any. */
  const piled = useRef(new Set<string>())
  const pace = useRef<RefetchPace>(null)
  const cancel = useRef(() => {})
  const isAsking = state.fetching || state.stale

  const askForAll = useEffectEvent(() => execute({ requestPolicy: 'network-only' }))
  const put = useEffectEvent((before: Whole, now: readonly CalendarItem[]) => {
    if (whole === before) setPatched({ whole: before, items: now })
    return whole === before
  })
  const refetch = useEffectEvent(() => {
    const { isAll, schedules: changed, runs } = wanted.current
    wanted.current = nothing()
    if (pause) return
    for (const id of changed) elsewhere.current.delete(id)
    if (isAll || whole === null || items === null || whole.isCounted || uncached === null) return askForAll()
    // An answer for the whole window may have brought what was elsewhere before.
    for (const { scheduleId } of items) elsewhere.current.delete(scheduleId)
    const ran = new Set([...runs].filter((id) => !changed.has(id) && !elsewhere.current.has(id)))
    const { hasPiles } = whole
    if (hasPiles ? changed.size > 0 : changed.size + ran.size > mostSchedules) return askForAll()
    const today = { items, start, end, timeZone: timezone, now: serverTime.now() }
    const own = livePart({ ...today, schedules: ran })
    // Piles are of all schedules: of a day that has some everything is asked for, with its share of what a window holds.
    const isOfAll = hasPiles && own !== null && !areCountedApart(items, ran, own)
    const live = isOfAll ? livePart({ ...today, schedules: null }) : own
    const asked = filter?.scheduleIds
    const within = (ids: ReadonlySet<string>) =>
      asked ? new Set([...ids].filter((id) => asked.includes(id))) : ids
    const unknown = (ids: ReadonlySet<string>) =>
      new Set([...within(ids)].filter((id) => !piled.current.has(id)).slice(0, mostSchedules))
    const none: ReadonlySet<string> = new Set()
    const parts: Part[] = [
      { ids: within(changed), isOfAll: false, start, end },
      { ids: within(ran), isOfAll, start: live?.start ?? 0, end: live?.end ?? 0 },
      { ids: isOfAll ? unknown(ran) : none, isOfAll: false, isOnlyAsked: true, start, end },
    ].filter((part) => part.ids.size > 0 && part.start < part.end)
    if (parts.length === 0) return

    pace.current?.asked()
    const asking = askOnce(
      uncached,
      calendarQuery,
      parts.map((part) => ({
        ...shared,
        start: new Date(part.start).toISOString(),
        end: new Date(part.end).toISOString(),
        ...(!part.isOfAll && { scheduleIds: [...part.ids] }),
        piles: part.isOfAll,
        ...(part.isOfAll && { maxCount: Math.round((mostItems * (part.end - part.start)) / (end - start)) }),
      })),
    )
    cancel.current = asking.cancel
    void asking.answers.then((answers) => {
      // What is wrong is told by the question for the whole window.
      if (answers === null) return askForAll()
      let now: readonly CalendarItem[] = items
      for (const [index, part] of parts.entries()) {
        const own = (answers[index]?.calendar ?? []).map(readCalendarItem).filter((item) => item !== null)
        if (part.isOnlyAsked === true) {
          const found = new Set(own.map(({ scheduleId }) => scheduleId))
          for (const id of part.ids) (found.has(id) ? piled : elsewhere).current.add(id)
          continue
        }
        const schedules = part.isOfAll ? null : part.ids
        now = patchItems(now, { schedules, start: part.start, end: part.end, items: own })
      }
      // The whole window has been answered meanwhile, maybe as it was before what changed.
      if ((now.length > mostItems && !hasPiles) || !put(whole, now)) askForAll()
      else if (!isOfAll) {
        const left = new Set(now.map(({ scheduleId }) => scheduleId))
        for (const id of ran) if (!left.has(id)) elsewhere.current.add(id)
      }
      pace.current?.answered()
    })
  })
  useEffect(() => {
    const own = createRefetchPace({
      now: () => performance.now(),
      refetch: () => refetch(),
      every,
      onShown: delays.told,
    })
    pace.current = own
    return () => own.stop()
  }, [])
  useEffect(() => {
    if (isAsking) pace.current?.asked()
    else pace.current?.answered()
  }, [isAsking])
  useEffect(() => {
    const seen = elsewhere.current
    const known = piled.current
    return () => {
      cancel.current()
      seen.clear()
      known.clear()
      wanted.current = nothing()
      pace.current?.restart()
    }
  }, [subject])
  useChanges(['schedules', 'runs'], (changes) => {
    const concerning = changes.filter(
      ({ topic, ids }) =>
        topic === 'schedules' || ids === null || [...ids].some((id) => !elsewhere.current.has(id)),
    )
    // However much happens elsewhere, the first change in what is shown is asked for at once.
    if (concerning.length === 0) return
    add(wanted.current, concerning)
    pace.current?.changed(concerning.some(({ isGap }) => isGap))
  })
  return {
    items: useSteady(items, subject),
    asOf,
    problem: readProblems(error)[0] ?? null,
    isCounted: whole !== null && (whole.isCounted || whole.hasPiles),
    refetch: () => execute({ requestPolicy: 'network-only' }),
  }
}
