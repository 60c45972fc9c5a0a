// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ConnectionEvent } from './connection.ts'
import { createLine } from './line.ts'

/** The other end of a line: it acknowledges, and answers pings as long as it is awake. It never closes by itself. */
class FakeSocket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  static made: FakeSocket[] = []
  static isAccepting = true
  readyState = FakeSocket.CONNECTING
  isAwake = true
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null
  onerror: (() => void) | null = null

  constructor() {
    FakeSocket.made.push(this)
    if (FakeSocket.isAccepting)
      queueMicrotask(() => {
        this.readyState = FakeSocket.OPEN
        this.onopen?.()
      })
  }

  send(text: string): void {
    const { type } = JSON.parse(text) as { type: string }
    const answer = type === 'connection_init' ? 'connection_ack' : type === 'ping' ? 'pong' : null
    if (answer !== null && this.isAwake) queueMicrotask(() => this.receive({ type: answer }))
  }

  receive(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  close(): void {
    // As browsers do, it waits for the other end, which is asleep.
    this.readyState = FakeSocket.CLOSING
  }

  end(code: number): void {
    this.readyState = FakeSocket.CLOSED
    this.onclose?.({ code, reason: '' })
  }
}

let told: ConnectionEvent[]
beforeEach(() => {
  vi.useFakeTimers()
  FakeSocket.made = []
  FakeSocket.isAccepting = true
  told = []
})
afterEach(() => vi.useRealTimers())

const onRefused = vi.fn()
async function openLine() {
  onRefused.mockReset()
  const line = createLine({
    url: 'ws://almanac.example/graphql',
    tell: (event) => told.push(event),
    onRefused,
    webSocketImpl: FakeSocket,
  })
  line.subscribe({ query: 'subscription { runChanged { op } }' }, { next() {}, error() {}, complete() {} })
  await vi.advanceTimersByTimeAsync(0)
  return line
}
const isLost = () => told.includes('closed')

test('a line whose other end answers stays open', async () => {
  await openLine()

  await vi.advanceTimersByTimeAsync(60_000)

  expect(isLost()).toBe(false)
  expect(FakeSocket.made).toHaveLength(1)
})

test('a line that is dead without being closed is lost at the first answer that does not come, and opened again', async () => {
  await openLine()
  FakeSocket.made[0]!.isAwake = false

  await vi.advanceTimersByTimeAsync(9_000)
  expect(isLost()).toBe(true)

  await vi.advanceTimersByTimeAsync(2_000)
  expect(FakeSocket.made).toHaveLength(2)
})

test('an opening that gets no answer is ended and tried again', async () => {
  FakeSocket.isAccepting = false
  await openLine()

  await vi.advanceTimersByTimeAsync(8_000)
  expect(isLost()).toBe(true)
  expect(onRefused).toHaveBeenCalledOnce()

  FakeSocket.isAccepting = true
  await vi.advanceTimersByTimeAsync(2_000)
  expect(FakeSocket.made).toHaveLength(2)
})

test('tries never end, are no more than 15 s apart, and at once when asked for', async () => {
  const line = await openLine()
  FakeSocket.isAccepting = false
  FakeSocket.made[0]!.end(1006)
  await vi.advanceTimersByTimeAsync(600_000)
  const tries = FakeSocket.made.length
  expect(tries).toBeGreaterThanOrEqual(24)

  // In the middle of a wait.
  while (told.at(-1) !== 'closed') await vi.advanceTimersByTimeAsync(1_000)
  const before = FakeSocket.made.length
  line.tryNow()
  await vi.advanceTimersByTimeAsync(0)
  expect(FakeSocket.made.length).toBe(before + 1)
})

test('without a network the line is dropped', async () => {
  const line = await openLine()

  line.drop()

  expect(isLost()).toBe(true)
})

test('the end of a session is asked about, and ends the line', async () => {
  await openLine()

  FakeSocket.made[0]!.end(4401)
  await vi.advanceTimersByTimeAsync(60_000)

  expect(onRefused).toHaveBeenCalledOnce()
  expect(FakeSocket.made).toHaveLength(1)
})
