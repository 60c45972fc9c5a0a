import { EventEmitter } from 'node:events'
import type { RunHelpers } from '../../../worker/run.ts'

/** Leaves an emitter behind whose error no one listens to. */
export default function emits(_payload: unknown, { abortPromise }: RunHelpers): Promise<void> {
  const emitter = new EventEmitter()
  setImmediate(() => emitter.emit('error', new Error('poison')))
  return abortPromise
}
