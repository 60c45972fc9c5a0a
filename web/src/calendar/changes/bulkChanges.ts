import type { Problem } from '../../graphql/error.ts'
import { offerUndo } from '../../undo/offerUndo.tsx'
import type { OccurrenceChange } from '../details/occurrenceOverride.ts'
import { countText } from '../grid/timeFormat.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { tellRefusal } from '../../panel/tellRefusal.ts'

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

/** What happened to one change. */
export interface Made {
  /** Null once it is done, otherwise why not. */
  refused: Problem | null
  /** Takes it back, unless someone has changed the same since. */
  takeBack: () => Promise<Problem | null>
}

/** How many are sent at once. */
const atOnce = 4

interface Outcome extends Made {
  item: CalendarItem
}

/** Does something to several, a few at a time; what is refused does not keep the others from being done. */
async function inTurns<Each, Result>(
  all: readonly Each[],
  work: (each: Each) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const rest = all.entries()
  const take = async () => {
    for (const [index, each] of rest) results[index] = await work(each)
  }
  await Promise.all(Array.from({ length: atOnce }, take))
  return results
}

/** Says what happened to several changes, and offers to take back those that were made. */
function tell(
  { done, verb }: { done: string; verb: string },
  noun: string,
  outcomes: readonly Outcome[],
): void {
  const count = (number: number) => `${countText(number)} ${noun}${number === 1 ? '' : 's'}`
  const made = outcomes.filter(({ refused }) => refused === null)
  if (made.length > 0) {
    // Anyone who tries again takes back only what is left.
    let left = made
    offerUndo(`${done} ${count(made.length)}`, async () => {
      const undone = await inTurns(left, async (each) => ({ each, refused: await each.takeBack() }))
      const refusals = undone.filter(({ refused }) => refused !== null)
      left = refusals.map(({ each }) => each)
      return refusals[0]?.refused ?? null
    })
  }
  const [first, ...others] = outcomes.filter(({ refused }) => refused !== null)
  if (first === undefined) return
  const more = others.length === 0 ? '' : ` and ${count(others.length).replace(' ', ' more ')}`
  tellRefusal(first.refused, `Could not ${verb} ${first.item.scheduleName}${more}`)
}

/** Skips several occurrences, or moves them. */
export async function changeSeveral(
  override: (item: CalendarItem, change: OccurrenceChange, reason: string | null) => Promise<Made>,
  ...[wanted, reason = null]: Parameters<BulkChanges['occurrences']>
): Promise<void> {
  const words =
    wanted[0]?.change.do === 'skip' ? { done: 'Skipped', verb: 'skip' } : { done: 'Moved', verb: 'move' }
  const outcomes = await inTurns(wanted, async ({ item, change }) => ({
    item,
    ...(await override(item, change, reason)),
  }))
  tell(words, 'occurrence', outcomes)
}

/** Pauses several schedules. */
export async function pauseSeveral(
  pause: (item: CalendarItem, reason: string | null) => Promise<Made>,
  ...[items, reason = null]: Parameters<BulkChanges['pause']>
): Promise<void> {
  const outcomes = await inTurns(items, async (item) => ({ item, ...(await pause(item, reason)) }))
  tell({ done: 'Paused', verb: 'pause' }, 'schedule', outcomes)
}
