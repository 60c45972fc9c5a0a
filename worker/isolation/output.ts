import type { Readable } from 'node:stream'

/** Characters of a line that is not ended yet. */
const LONGEST_PART = 16_000
/** Bytes that are read at once only where more waits, and how many times as long as they took the next ones wait. */
const MUCH = 16_384
const SHARE = 2

/**
 * Hands on what a stream has. One that has much waits after each part for longer than that took: what writes without
 * end waits for the reader, and leaves most of its time to others.
 */
export function readPaced<Chunk extends { readonly length: number }>(
  stream: Readable,
  take: (chunk: Chunk) => void,
): void {
  stream.on('data', (chunk: Chunk) => {
    const begun = performance.now()
    take(chunk)
    if (chunk.length < MUCH) return
    stream.pause()
    setTimeout(() => stream.resume(), SHARE * (performance.now() - begun))
  })
}

/** Gives whole lines, several at once, without the last line break; a line without an end is given in parts. */
export function readLines(stream: Readable, give: (lines: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  readPaced(stream, (text: string) => {
    const all = rest + text
    const end = all.lastIndexOf('\n')
    rest = all.slice(end + 1)
    if (end >= 0) give(all.slice(0, end))
    if (rest.length < LONGEST_PART) return
    give(rest)
    rest = ''
  })
  stream.once('close', () => {
    if (rest !== '') give(rest)
    rest = ''
  })
}

/** Resolves when a turn of the event loop has brought nothing more of what these streams had when it was called. */
export async function drained(streams: readonly Readable[]): Promise<void> {
  let hasMore = true
  const note = () => (hasMore = true)
  for (const stream of streams) stream.on('data', note)
  while (hasMore || streams.some((stream) => stream.isPaused())) {
    hasMore = false
    await nextTurn()
    await nextTurn()
  }
  for (const stream of streams) stream.off('data', note)
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
