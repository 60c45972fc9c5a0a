import { expect, test } from 'vitest'
import {
  cutInWords,
  joinLines,
  logAsText,
  matchesIn,
  partsOf,
  readLine,
  shownLines,
  type LogLine,
} from './runLog.ts'

const line = (nth: number, own: Partial<LogLine> = {}): LogLine => ({
  id: String(10_000_000_000 + nth),
  attempt: 1,
  line: nth,
  at: '2026-11-25T13:37:08.005Z',
  level: 'info',
  text: `line ${nth}`,
  cut: null,
  cutBecause: null,
  ...own,
})
const cut = (from: number, count: number) =>
  line(from, { id: String(10_000_000_000 + from + count - 1), cut: count, cutBecause: 'bound', text: '' })

test('what was cut meanwhile takes the place of the lines that it tells of', () => {
  const before = [line(1), line(2), line(3), line(4)]

  const after = joinLines(before, [cut(3, 5), line(8)])
  expect(after.map((one) => [one.line, one.cut])).toEqual([
    [1, null],
    [2, null],
    [3, 5],
    [8, null],
  ])
  expect(joinLines(after, [cut(3, 7), line(10)]).map((one) => [one.line, one.cut])).toEqual([
    [1, null],
    [2, null],
    [3, 7],
    [10, null],
  ])
  expect(joinLines(before, [])).toBe(before)
  expect(joinLines(before, [line(5)])).toHaveLength(5)
})

test('what is not kept is said whatever is hidden', () => {
  const lines = [line(1, { level: 'debug' }), cut(2, 3), line(5), line(1, { attempt: 2 })]

  expect(shownLines(lines, { hidden: new Set(['debug', 'info']), attempt: null })).toEqual([cut(2, 3)])
  expect(shownLines(lines, { hidden: new Set(), attempt: 2 })).toHaveLength(1)
})

test('a text is found in either case, and shown where it stands', () => {
  expect(matchesIn([line(1), line(2, { text: 'Places' }), line(3, { text: 'places' })], 'PLACES')).toEqual([
    1, 2,
  ])
  expect(matchesIn([line(1)], '')).toEqual([])
  expect(partsOf('places of Places', 'places')).toEqual(['', 'places', ' of ', 'Places', ''])
  expect(partsOf('İ places', 'places')).toEqual(['İ places'])
})

test.each([
  [1, 'lost', 'One line was not kept. The database could not be reached.'],
  [
    1204,
    'bound',
    '1,204 lines were not kept. A run keeps its first and its last 5,000 lines, and 500 kB of each.',
  ],
  [2, 'limit', '2 lines were not kept. Its role or owner has reached the hourly limit for logs.'],
  [2, null, '2 lines were not kept.'],
])('%i lines that are not kept, %s', (count, cutBecause, words) => {
  expect(cutInWords({ cut: count, cutBecause })).toBe(words)
})

test('what the server says is read, an unknown level as information', () => {
  const record = {
    id: '10000000001',
    attempt: 1,
    line: 1,
    loggedAt: '2026-11-25T13:37:08.005Z',
    level: 'loud',
    message: 'line 1',
    cutLines: null,
    cutBecause: null,
  }
  expect(readLine(record)).toEqual(line(1))
  expect(logAsText([line(1), cut(2, 2)])).toBe(
    `2026-11-25T13:37:08.005Z\t1\tinfo\tline 1\n2026-11-25T13:37:08.005Z\t1\t\t${cutInWords(cut(2, 2))}\n`,
  )
})
