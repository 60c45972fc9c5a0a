import type { RunState } from '../runs/runState.ts'
import { formatDuration } from '../time/duration.ts'

const states = {
  active: { glyph: 'running', label: 'Active' },
  draining: { glyph: 'waiting', label: 'Draining' },
  stopped: { glyph: 'skipped', label: 'Stopped' },
  lost: { glyph: 'failed', label: 'Lost' },
} as const satisfies Record<string, { glyph: RunState; label: string }>

type WorkerStatus = keyof typeof states

/** How a worker's status is drawn and said; an unknown one stands for itself. */
export function workerState(status: string): { glyph: RunState; label: string } {
  return Object.hasOwn(states, status) ? states[status as WorkerStatus] : { glyph: 'future', label: status }
}

/** Whether the worker takes jobs, or still has some. */
export function isRunning(status: string): boolean {
  return status === 'active' || status === 'draining'
}

/** How long ago the last heartbeat was: heartbeats come every 5 s, and after 15 s it is marked lost. */
export function heardText(lastHeartbeat: number, now: number): string {
  const ago = Math.max(0, now - lastHeartbeat)
  return ago < 1000 ? 'now' : `${ago < 60_000 ? `${Math.floor(ago / 1000)} s` : formatDuration(ago)} ago`
}

/** How many runs each worker has in hand, by the worker's number. */
export function runsByWorker(runs: readonly { workerId: string | null }[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { workerId } of runs)
    if (workerId !== null) counts.set(workerId, (counts.get(workerId) ?? 0) + 1)
  return counts
}

/** "3 workers, 12 of 24 slots in use" */
export function slotsText(
  workers: readonly { concurrency: number; status: string }[],
  inUse: number,
): string {
  const running = workers.filter(({ status }) => isRunning(status))
  const slots = running.reduce((sum, { concurrency }) => sum + concurrency, 0)
  if (running.length === 0) return 'No worker is running'
  return `${running.length} ${running.length === 1 ? 'worker' : 'workers'}, ${inUse} of ${slots} slots in use`
}
