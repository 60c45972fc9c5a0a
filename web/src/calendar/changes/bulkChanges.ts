import type { Problem } from '../../graphql/error.ts'
import { offerUndo } from '../../undo/offerUndo.tsx'
import type { OccurrenceChange } from '../details/occurrenceOverride.ts'
import { countText } from '../grid/timeFormat.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { tellRefusal } from './tellRefusal.ts'

/** What someone may do with several at once: each for itself, but one undo takes all of them back. */
export interface BulkChanges {
  /** Says itself what was done and what was refused, as the next does. */
  occurrences: (
    wanted: readonly { item: CalendarItem; change: OccurrenceChange }[],
    reason?: string | null,
  ) => Promise<void>
  /** Pauses the schedules of these, one item for each. */
  pause: (items: readonly CalendarItem[], reason?: string | null) => Promise<void>
}

/** How a single one is changed; null once it is done, else why it was refused. */
type Override = (
  item: CalendarItem,
  change: OccurrenceChange,
  reason: string | null,
) => Promise<Problem | null>
/** Takes back what was done to one, unless someone has changed it since. */
type TakeBack = (item: CalendarItem) => Promise<Problem | null>
/** `isUndo`: unless someone has changed the schedule since. */
type SetPaused = (
  item: CalendarItem,
  isPaused: boolean,
  how: { reason?: string | null; catchUp?: boolean; isUndo?: boolean },
) => Promise<Problem | null>

/** So many are sent at once. */
const atOnce = 4

interface Outcome<Each> {
  each: Each
  refused: Problem | null
}

/** Makes several changes, a few at a time; what is refused does not keep the others from being made. */
async function inTurns<Each>(
  all: readonly Each[],
  make: (each: Each) => Promise<Problem | null>,
): Promise<Outcome<Each>[]> {
  const outcomes: Outcome<Each>[] = []
  const rest = all.entries()
  const work = async () => {
    for (const [index, each] of rest) outcomes[index] = { each, refused: await make(each) }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return outcomes
}

/** Says what became of several changes, and offers to take back those that were made. */
function tell<Each extends { item: CalendarItem }>(
  { done, verb }: { done: string; verb: string },
  noun: string,
  outcomes: readonly Outcome<Each>[],
  takeBack: (each: Each) => Promise<Problem | null>,
): void {
  const count = (number: number) => `${countText(number)} ${noun}${number === 1 ? '' : 's'}`
  const made = outcomes.flatMap(({ each, refused }) => (refused === null ? [each] : []))
  if (made.length > 0)
    offerUndo(`${done} ${count(made.length)}`, async () => {
      const undone = await inTurns(made, takeBack)
      return undone.find(({ refused }) => refused !== null)?.refused ?? null
    })
  const [first, ...others] = outcomes.filter(({ refused }) => refused !== null)
  if (first === undefined) return
  const more = others.length === 0 ? '' : ` and ${count(others.length).replace(' ', ' more ')}`
  tellRefusal(`Could not ${verb} ${first.each.item.scheduleName}${more}`, first.refused)
}

/** Skips several occurrences, or moves them. */
export async function changeSeveral(
  override: Override,
  takeBack: TakeBack,
  ...[wanted, reason = null]: Parameters<BulkChanges['occurrences']>
): Promise<void> {
  const words =
    wanted[0]?.change.do === 'skip' ? { done: 'Skipped', verb: 'skip' } : { done: 'Moved', verb: 'move' }
  const outcomes = await inTurns(wanted, ({ item, change }) => override(item, change, reason))
  tell(words, 'occurrence', outcomes, ({ item }) => takeBack(item))
}

/** Pauses several schedules. */
export async function pauseSeveral(
  setPaused: SetPaused,
  ...[items, reason = null]: Parameters<BulkChanges['pause']>
): Promise<void> {
  const wanted = items.map((item) => ({ item }))
  const outcomes = await inTurns(wanted, ({ item }) => setPaused(item, true, { reason }))
  // As if there had been no pause: what fell into it is caught up.
  tell({ done: 'Paused', verb: 'pause' }, 'schedule', outcomes, ({ item }) =>
    setPaused(item, false, { catchUp: true, isUndo: true }),
  )
}
