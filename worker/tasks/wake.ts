import type { Task } from 'graphile-worker'
import { createBatch } from '../runs/batch.ts'
import type { Query } from '../../process/query.ts'

/**
 * The task `almanac:wake` of the jobs `schedule:<id>`: fires what is due and arms the schedule again. All wakes at hand
 * are one call. A schedule whose row someone holds locked gets a new job for later, so that it does not take up a place
 * of the worker's for as long.
 */
export function createWakeTask({
  query,
  onFired,
  onHeld,
}: {
  query: Query
  /** Called with the number of schedules that were woken, and the ids of those that moved on. */
  onFired: (wakes: number, movedIds: readonly string[]) => void
  /** Called when someone holds a schedule that was to be woken. */
  onHeld: () => void
}): Task {
  const wakes = createBatch<string, void>({
    async send(ids) {
      const [row] = await query<{ held: string[]; moved: string[] }>(
        'select w.held_ids::text[] as held, w.moved_ids::text[] as moved from almanac_private.wake($1) w',
        [[...new Set(ids)]],
      )
      onFired(ids.length, row?.moved ?? [])
      if (row && row.held.length > 0) onHeld()
      return []
    },
  })

  return (payload) => wakes.add(readScheduleId(payload))
}

function readScheduleId(payload: unknown): string {
  if (typeof payload === 'object' && payload !== null && 'scheduleId' in payload) {
    const id = String(payload.scheduleId)
    if (/^\d{1,18}$/.test(id)) return id
  }
  throw new Error(
    'The payload of an almanac:wake job is {"scheduleId": …}. These jobs are added by Almanac only.',
  )
}
