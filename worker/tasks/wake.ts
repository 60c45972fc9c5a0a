import { setTimeout as delay } from 'node:timers/promises'
import type { Task } from 'graphile-worker'
import { createBatch } from '../batch.ts'
import type { Query } from '../../process/query.ts'

/**
 * The task `almanac:wake` of the jobs `schedule:<id>`: fires what is due and arms the schedule again. All wakes at hand
 * are one call. A schedule whose row somebody holds locked is tried again until it is armed: giving up could lose its
 * chain, for the holder's own `add_jobs` may have met this very job locked and been dropped.
 */
export function createWakeTask({ query, onFired }: { query: Query; onFired: () => void }): Task {
  const wakes = createBatch<string, 'armed' | 'locked'>({
    async send(ids) {
      const [row] = await query<{ locked: string[] }>('select almanac_private.wake($1)::text[] as locked', [
        [...new Set(ids)],
      ])
      onFired()
      const locked = new Set(row?.locked)
      return ids.map((id) => (locked.has(id) ? 'locked' : 'armed'))
    },
  })

  return async (payload, { abortSignal }) => {
    const id = readScheduleId(payload)
    for (let wait = 20; (await wakes.add(id)) === 'locked'; wait = Math.min(1_000, wait * 2)) {
      await delay(wait, undefined, { signal: abortSignal })
    }
  }
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
