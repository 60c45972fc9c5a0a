import type { RunState } from '../runs/runState.ts'
import { formatDuration } from '../time/duration.ts'

/** How each status of a worker is drawn and said. */
export const workerStates = {
  active: { glyph: 'running', label: 'Active' },
  draining: { glyph: 'waiting', label: 'Draining' },
  stopped: { glyph: 'skipped', label: 'Stopped' },
  lost: { glyph: 'failed', label: 'Lost' },
} as const satisfies Record<string, { glyph: RunState; label: string }>

type WorkerStatus = keyof typeof workerStates

/** How a worker's status is drawn and said; an unknown one stands for itself. */
export function workerState(status: string): { glyph: RunState; label: string } {
  return Object.hasOwn(workerStates, status)
    ? workerStates[status as WorkerStatus]
    : { glyph: 'future', label: status }
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

/** A running worker, and how many runs it has in hand. */
export interface SlotsInUse {
  readonly workerId: string
  readonly slots: number
  readonly inUse: number
}

/** "3 workers, 12 of 24 slots in use", of all that are running. */
export function slotsText(workers: readonly SlotsInUse[]): string {
  const sum = (key: 'slots' | 'inUse') =>
    workers.reduce((total, worker) => total + worker[key], 0).toLocaleString('en-GB')
  if (workers.length === 0) return 'No worker is running'
  return `${workers.length} ${workers.length === 1 ? 'worker' : 'workers'}, ${sum('inUse')} of ${sum('slots')} slots in use`
}
