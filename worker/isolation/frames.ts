import type { Readable } from 'node:stream'
import { readPaced } from './output.ts'

/** Bytes of a message between a worker and a task's process, at most: one longer breaks it off. */
export const LONGEST_FRAME = 8_000_000

const LINE_END = 0x0a

/** Gives each line of a stream as it was sent; `onTooLong`: there is one that is longer than a message may be. */
export function readFrames(stream: Readable, give: (line: string) => void, onTooLong: () => void): void {
  let parts: Buffer[] = []
  let size = 0
  let isBroken = false

  readPaced(stream, (chunk: Buffer) => {
    let from = 0
    for (let end = chunk.indexOf(LINE_END); end >= 0 && !isBroken; end = chunk.indexOf(LINE_END, from)) {
      parts.push(chunk.subarray(from, end))
      give(Buffer.concat(parts).toString('utf8'))
      parts = []
      size = 0
      from = end + 1
    }
    if (isBroken || from === chunk.length) return
    parts.push(chunk.subarray(from))
    size += chunk.length - from
    if (size <= LONGEST_FRAME) return
    isBroken = true
    parts = []
    onTooLong()
  })
}
