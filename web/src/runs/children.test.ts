import { expect, test } from 'vitest'
import { countsInWords } from './children.ts'

const none = {
  total: 10_000,
  unfinished: 0,
  queued: 0,
  running: 0,
  retrying: 0,
  succeeded: 0,
  failed: 0,
  timedOut: 0,
  skipped: 0,
  cancelled: 0,
}

test.each([
  [{ ...none, succeeded: 9_998, failed: 2 }, '10,000: 9,998 succeeded, 2 failed'],
  [{ ...none, unfinished: 10_000 }, '10,000: 10,000 waiting'],
  [
    { ...none, total: 5, unfinished: 3, running: 1, retrying: 1, queued: 1, succeeded: 1, timedOut: 1 },
    '5: 1 succeeded, 1 timed out, 1 running, 1 retrying, 1 queued',
  ],
])('children are counted by their state, without zeros: %#', (rollUp, words) => {
  expect(countsInWords(rollUp)).toBe(words)
})
