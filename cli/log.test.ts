import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createLog } from './log.ts'

let written: string[]
beforeEach(() => {
  vi.useFakeTimers()
  written = []
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0
  vi.spyOn(process.stderr, 'write').mockImplementation(write)
  vi.spyOn(process.stdout, 'write').mockImplementation(write)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

it('of errors without end, the first 300 in five minutes are logged, and how many there were', () => {
  const log = createLog('server')
  for (let number = 0; number < 1_000; number++) log('error', `error ${number}`)

  expect(written).toHaveLength(300)
  vi.runOnlyPendingTimers()
  expect(written.at(-1)).toBe('server: 700 more messages were left out.\n')

  log('error', 'another')
  expect(written.at(-1)).toBe('server: another\n')
})

it('news is never left out', () => {
  const log = createLog()
  for (let number = 0; number < 1_000; number++) log('info', `news ${number}`)

  expect(written).toHaveLength(1_000)
})

it('a message is cut, clears no screen, and looks like no other', () => {
  const log = createLog('server')

  log('error', 'a\nserver: b\tc\u001b[2J\r\u009b\u202e')
  log('error', 'x'.repeat(1_000_000))

  expect(written[0]).toBe('server: a\n  server: b\tc\ufffd[2J\ufffd\ufffd\ufffd\n')
  expect(written[1]).toHaveLength('server: …\n'.length + 4_000)
})
