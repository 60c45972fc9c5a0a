import type { Client, CombinedError } from 'urql'
import { ownVersions } from '../../undo/ownVersions.ts'
import { nothing, type Sent } from '../../undo/sent.ts'
import { undoOf, type OccurrenceChange } from '../details/occurrenceOverride.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import {
  formerOverrideQuery,
  moveMutation,
  restoreMutation,
  skipMutation,
  undoMutation,
} from './changeMutations.ts'

const nominalOf = (item: CalendarItem) => item.nominal ?? new Date(item.startsAt).toISOString()
const fresh = { requestPolicy: 'network-only' } as const

/** How the database has an occurrence moved or skipped. */
async function askFormer(client: Client, item: CalendarItem) {
  // The calendar shows that it is either; most are neither, and are not asked about.
  if (undoOf(item).do === 'restore') return { former: null }
  const { data, error } = await client
    .query(formerOverrideQuery, { scheduleId: item.scheduleId, occurrence: nominalOf(item) }, fresh)
    .toPromise()
  return { error, former: data?.occurrenceOverrides?.nodes[0] ?? null }
}

type Former = Awaited<ReturnType<typeof askFormer>>['former']

/** Sends a change of one occurrence, and keeps as of when it stands so. */
export async function sendOccurrence(
  client: Client,
  item: CalendarItem,
  change: OccurrenceChange,
  reason: string | null,
): Promise<Sent> {
  const schedule = item.scheduleName
  const occurrence = nominalOf(item)
  const { error: unknown, former } = await askFormer(client, item)
  if (unknown !== undefined) return { error: unknown, takeBack: nothing }
  const keep = (error: CombinedError | undefined, madeAt?: string | null): Sent => {
    if (error === undefined) ownVersions.setOccurrence(item.scheduleId, occurrence, madeAt)
    return { error, takeBack: () => sendUndo(client, item, former) }
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

/** Brings one occurrence back to how it was, unless someone has changed it since. */
async function sendUndo(client: Client, item: CalendarItem, former: Former): Promise<Sent> {
  const occurrence = nominalOf(item)
  const { data, error } = await client
    .mutation(undoMutation, {
      schedule: item.scheduleName,
      occurrence,
      madeAt: ownVersions.occurrence(item.scheduleId, occurrence),
      action: former?.action ?? null,
      to: former?.movedTo ?? null,
      reason: former?.reason ?? null,
    })
    .toPromise()
  if (error === undefined)
    ownVersions.setOccurrence(item.scheduleId, occurrence, data?.undoOverride?.result?.createdAt)
  return { error, takeBack: nothing }
}
