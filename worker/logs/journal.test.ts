import { expect, it } from 'vitest'
import { createJournal, type LogPart } from './journal.ts'

const run = { id: '7', scheduleId: '3', scheduledFor: '2030-01-01T00:00:00Z', attempt: 2, runAs: 'r' }
const kept = { lines: 5_000, text: 500_000 }
const many = (count: number, text = 'x') => Array.from({ length: count }, () => text)
const ranges = (parts: readonly LogPart[]) =>
  parts.map(({ first_line, line_count, cut_because = null }) => [first_line, line_count, cut_because])

it('gives its lines in parts, with the time of each, until they are written', () => {
  const journal = createJournal(run, kept)
  journal.add('info', ['one'], 1_000)
  journal.add('error', ['two'], 1_005)

  const [part] = journal.unwritten()
  expect(part).toEqual({
    schedule_id: '3',
    run_id: '7',
    attempt: 2,
    first_line: 1,
    line_count: 2,
    at: 1_000,
    lines: [
      [0, 'info', 'one'],
      [5, 'error', 'two'],
    ],
  })
  journal.add('info', ['three'], 1_010)
  expect(ranges(journal.unwritten())).toEqual([
    [1, 2, null],
    [3, 1, null],
  ])

  journal.written([part!])
  expect(ranges(journal.unwritten())).toEqual([[3, 1, null]])
})

it('gives parts of 500 lines and 100,000 characters at most', () => {
  const journal = createJournal(run, kept)
  journal.add('info', many(1_001), 0)
  journal.add('info', many(30, 'x'.repeat(4_000)), 0)

  const parts = journal.unwritten()

  expect(ranges(parts)).toEqual([
    [1, 500, null],
    [501, 500, null],
    [1_001, 25, null],
    [1_026, 6, null],
  ])
})

it.each([
  ['lines', 30_000, 'x', [5_001, 20_000, 'bound']],
  ['characters', 1_000, 'x'.repeat(2_000), [251, 500, 'bound']],
])('of a flood of %s that no one writes, it holds the beginning and the end', (_what, count, text, cut) => {
  const journal = createJournal(run, kept)
  journal.add('info', many(count, text), 0)

  const parts = journal.unwritten()

  expect(ranges(parts).filter(([, , because]) => because !== null)).toEqual([cut])
  expect(parts.reduce((sum, { line_count }) => sum + line_count, 0)).toBe(count)
  expect(journal.size()).toBeLessThanOrEqual(1_002_000)
  expect(journal.isLong()).toBe(true)
})

it('holds no more than that while the database does not answer', () => {
  const journal = createJournal(run, kept)
  for (let round = 0; round < 20; round++) {
    journal.add('info', many(100, 'x'.repeat(2_000)), 0)
    journal.unwritten()
  }

  expect(journal.size()).toBeLessThan(2_500_000)
})

it('what is dropped is still told, as lost', () => {
  const journal = createJournal(run, kept)
  journal.add('info', many(3), 0)
  journal.unwritten()

  journal.abandon()

  expect(journal.unwritten()).toMatchObject([{ first_line: 1, line_count: 3, cut_because: 'lost' }])
  expect(journal.unwritten()[0]).not.toHaveProperty('lines')
  expect(journal.size()).toBe(0)
})
