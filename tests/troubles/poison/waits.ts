import { setTimeout as delay } from 'node:timers/promises'
import type { RunHelpers } from '../../../worker/run.ts'

/** A healthy neighbour: runs until the test lets it end. */
export default async function waits(_payload: unknown, helpers: RunHelpers): Promise<string> {
  while ((await helpers.query('select from public.open_gate')).rowCount === 0)
    await delay(50, undefined, { signal: helpers.abortSignal })
  return 'done'
}

// An error of no run, at a time that the test chooses.
process.on('SIGUSR2', () => {
  throw new Error('poison of no run')
})
