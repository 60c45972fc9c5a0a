import { describe, expect, test } from 'vitest'
import {
  checkSql,
  groupFindings,
  ledgerLine,
  ledgerState,
  problemWords,
  readFindings,
  resultText,
  type LedgerCheck,
} from './ledger.ts'

const now = Date.parse('2026-11-25T12:40:00Z')
const check: LedgerCheck = {
  checkedAt: '2026-11-25T12:17:00Z',
  rangeStart: '2026-11-25T10:17:00Z',
  rangeEnd: '2026-11-25T12:17:00Z',
  uncheckedSince: null,
  found: 0,
  staleAt: '2026-11-25T14:17:00Z',
}

describe('how the ledger stands is one line', () => {
  test.each([
    ['good', 'No gaps, no duplicates · checked 12:17', check, now],
    ['problems', '1 problem · checked 12:17', { ...check, found: 1 }, now],
    ['problems', '1,200 problems · checked 12:17', { ...check, found: 1200 }, now],
    ['stale', 'Check overdue · last checked 12:17', check, now + 2 * 3_600_000],
    ['stale', 'Check overdue · last checked Wed 25 Nov 12:17', { ...check, found: 3 }, now + 86_400_000],
    ['never', 'Not checked yet', null, now],
  ] as const)('%s: %s', (state, line, last, at) => {
    expect(ledgerState(last, at)).toBe(state)
    expect(ledgerLine(last, at, 'UTC')).toBe(line)
  })

  test('in the zone of the reader', () => {
    expect(ledgerLine(check, now, 'Asia/Kolkata')).toBe('No gaps, no duplicates · checked 17:47')
  })

  test('until the moment the database names it is not stale', () => {
    expect(ledgerState(check, Date.parse(check.staleAt))).toBe('good')
    expect(ledgerState(check, Date.parse(check.staleAt) + 1)).toBe('stale')
  })
})

const row = (problem: string, at: string) => ({
  problem,
  schedule_id: '7',
  schedule_name: 'nightly',
  scheduled_for: at,
  detail: 'Why.',
})

test('findings come by problem, lost work first, with the count of all', () => {
  const findings = readFindings([
    row('overdue', '2026-11-25T10:00:00Z'),
    row('missing', '2026-11-25T11:00:00Z'),
    row('strange', '2026-11-25T12:00:00Z'),
  ])

  const groups = groupFindings(findings, { strange: 1, overdue: 1, missing: 130 })

  expect(groups.map(({ problem, count, findings: { length } }) => [problem, count, length])).toEqual([
    ['missing', 130, 1],
    ['overdue', 1, 1],
    ['strange', 1, 1],
  ])
  expect(groups[0]?.findings[0]).toEqual({
    problem: 'missing',
    scheduleId: '7',
    scheduleName: 'nightly',
    scheduledFor: '2026-11-25T11:00:00Z',
    detail: 'Why.',
  })
})

test.each(['missing', 'twice', 'unplanned', 'miscounted', 'overdue', 'strange'])(
  '%s is said in words, with what to do',
  (problem) => {
    const { label, what, remedy } = problemWords(problem)

    expect(label).not.toBe('')
    expect(what).toMatch(/\.$/)
    expect(remedy).toMatch(/\.$/)
  },
)

test('nothing found is said as what it means', () => {
  expect(resultText(0)).toBe('No gaps, no duplicates')
})

test('the statement lists all problems of a range', () => {
  expect(checkSql('2026-11-25T10:17:00Z', '2026-11-25T12:17:00Z')).toContain("'2026-11-25T10:17:00Z'")
})
