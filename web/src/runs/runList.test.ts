// @vitest-environment node
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { activeFilter, groupRuns, newerCount, runFilter, runListSearch } from './runList.ts'

const now = Date.parse('2026-11-25T13:37:08Z')
const run = (rowId: string, status: string, scheduledFor: string) => ({ rowId, status, scheduledFor })
const search = v.parse(runListSearch, {})

test('unfinished runs come first, then day by day in the shown zone', () => {
  const groups = groupRuns(
    [
      run('4', 'succeeded', '2026-11-25T13:00:00Z'),
      run('3', 'running', '2026-11-25T12:00:00Z'),
      run('2', 'failed', '2026-11-24T23:30:00Z'),
      run('1', 'succeeded', '2026-11-24T22:30:00Z'),
    ],
    'Europe/Paris',
    now,
    1,
  )

  expect(groups.map(({ title, runs }) => [title, runs.map(({ rowId }) => rowId)])).toEqual([
    ['Active · 1', ['3']],
    ['Today', ['4', '2']],
    ['Tue 24 Nov', ['1']],
  ])
})

test('unfinished runs are counted by the database, not by the page at hand', () => {
  const titles = (count: number, ...runs: ReturnType<typeof run>[]) =>
    groupRuns(runs, 'UTC', now, count).map(({ title }) => title)

  expect(titles(7, run('3', 'running', '2026-11-25T12:00:00Z'))).toEqual(['Active · 7 (1 listed)'])
  expect(titles(7)).toEqual(['Active · 7 (0 listed)'])
  expect(titles(0, run('3', 'running', '2026-11-25T12:00:00Z'))).toEqual(['Active · 1'])
})

test('unfinished runs are counted within the filter, where the list can show them', () => {
  expect(activeFilter({ ...search, schedule: '12' })).toEqual({
    status: { in: ['waiting', 'queued', 'running', 'retrying'] },
    scheduleId: { equalTo: '12' },
  })
  expect(activeFilter({ ...search, state: 'failed' })).toBeNull()
})

test('rows above the held one are new', () => {
  const runs = ['9', '8', '7'].map((id) => run(id, 'queued', '2026-11-25T13:00:00Z'))

  expect(newerCount(runs, null)).toBe(0)
  expect(newerCount(runs, '7')).toBe(2)
  expect(newerCount(runs, '1')).toBe(0)
})

test('a number finds its run, other text is looked for in name and error', () => {
  expect(runFilter({ ...search, q: '#8817' })).toEqual({ rowId: { equalTo: '8817' } })
  expect(runFilter({ ...search, q: 'roll' })).toEqual({
    or: [{ scheduleName: { includesInsensitive: 'roll' } }, { error: { includesInsensitive: 'roll' } }],
  })
})

test('a schedule in the address may be a number', () => {
  const parsed = v.parse(runListSearch, { schedule: 12, state: 'failed' })

  expect(runFilter(parsed)).toEqual({
    status: { in: ['failed', 'timed_out'] },
    scheduleId: { equalTo: '12' },
  })
})
