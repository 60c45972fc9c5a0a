import { writeSync } from 'node:fs'
import { LONGEST_FRAME } from '../frames.ts'
import type { FromTask } from '../messages.ts'

/** Where a task's process hears its worker, and tells it. */
export const FROM_WORKER = 3
const TO_WORKER = 4

/** Tells the worker, and waits until it is written: what was said before a process ends is not lost. */
export function say(message: FromTask): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`)
  if (bytes.length > LONGEST_FRAME)
    throw new Error(
      `It has ${bytes.length} bytes; up to ${LONGEST_FRAME} fit between a task's process and its worker.`,
    )
  for (let from = 0; from < bytes.length;) from += writeSync(TO_WORKER, bytes, from)
}
