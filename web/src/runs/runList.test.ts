// @vitest-environment node
import { expect, test } from 'vitest'
import { readSearch } from '../address/params.ts'
import { loadTemporal } from '../time/temporal.ts'
import {
  activeCount,
  activeFilter,
  groupRuns,
  allRuns,
  runFilter,
  runListParams,
  shortRunSearch,
  withOthers,
} from './runList.ts'

await loadTemporal()

const now = Date.parse('2026-11-25T13:37:08Z')
const run = (rowId: string, status: string, scheduledFor: string) => ({ rowId, status, scheduledFor })
const search = allRuns

test('what runs comes first, then what waits, then day by day in the shown zone', () => {
  const groups = groupRuns(
    [
      run('4', 'succeeded', '2026-11-25T13:00:00Z'),
      run('3', 'running', '2026-11-25T12:00:00Z'),
      run('5', 'retrying', '2026-11-25T11:00:00Z'),
      run('2', 'failed', '2026-11-24T23:30:00Z'),
      run('1', 'succeeded', '2026-11-24T22:30:00Z'),
    ],
    'Europe/Paris',
    now,
    { running: 1, waiting: 1 },
  )

  expect(groups.map(({ title, runs }) => [title, runs.map(({ rowId }) => rowId)])).toEqual([
    ['Running · 1', ['3']],
    ['Waiting · 1', ['5']],
    ['Today', ['4', '2']],
    ['Tue 24 Nov', ['1']],
  ])
})

test('what runs for longest is listed though the newest page is full', () => {
  const page = [run('9', 'succeeded', '2026-11-25T13:00:00Z'), run('8', 'running', '2026-11-25T12:00:00Z')]
  const others = [run('1', 'running', '2026-11-01T12:00:00Z'), run('8', 'running', '2026-11-25T12:00:00Z')]

  const groups = groupRuns(withOthers(page, others), 'UTC', now, { running: 2, waiting: 0 })

  expect(groups.map(({ title, runs }) => [title, runs.map(({ rowId }) => rowId)])).toEqual([
    ['Running · 2', ['8', '1']],
    ['Today', ['9']],
  ])
})

test('while rows hold still, a run that ends keeps its place', () => {
  const ended = run('3', 'succeeded', '2026-11-25T12:00:00Z')

  expect(
    groupRuns([ended], 'UTC', now, { running: 0, waiting: 0 }, () => 'running').map(({ runs }) => runs),
  ).toEqual([[ended]])
  expect(groupRuns([ended], 'UTC', now, { running: 0, waiting: 0 }, () => 'running')[0]?.title).toBe(
    'Running · 1',
  )
})

test('unfinished runs are counted by the database, not by the page at hand', () => {
  const titles = (running: number, waiting: number, ...runs: ReturnType<typeof run>[]) =>
    groupRuns(runs, 'UTC', now, { running, waiting }).map(({ title }) => title)

  expect(titles(7, 0, run('3', 'running', '2026-11-25T12:00:00Z'))).toEqual(['Running · 7 (1 listed)'])
  expect(titles(0, 7)).toEqual(['Waiting · 7 (0 listed)'])
  expect(titles(0, 0, run('3', 'queued', '2026-11-25T12:00:00Z'))).toEqual(['Waiting · 1'])
})

test('unfinished runs are counted within the filter, where the list can show them', () => {
  expect(activeFilter({ ...search, schedule: '12' }, 'waiting', 'UTC')).toEqual({
    status: ['waiting', 'queued', 'retrying'],
    schedule_id: '12',
  })
  expect(activeFilter({ ...search, state: 'failed' }, 'running', 'UTC')).toBeNull()
  expect(activeFilter({ ...search, state: 'waiting' }, 'running', 'UTC')).toBeNull()
})

test('unfinished runs are counted over all their states, and no further than the database does', () => {
  expect(activeCount({ retrying: 1, queued: 2, waiting: 3 })).toBe(6)
  expect(activeCount({ retrying: 1, queued: 10_001, waiting: null })).toBe(10_001)
  expect(activeCount(undefined)).toBe(0)
})

test('a number finds its run, other text is looked for in name and error', () => {
  expect(runFilter({ ...search, q: '#8817' }, 'UTC')).toEqual({ ids: ['8817'] })
  expect(runFilter({ ...search, q: 'roll' }, 'UTC')).toEqual({ search: 'roll' })
})

test('days begin and end in the shown zone, also where clocks change', () => {
  expect(runFilter({ ...search, from: '2026-10-25', to: '2026-10-25' }, 'Europe/Paris')).toEqual({
    since: '2026-10-24T22:00:00Z',
    until: '2026-10-25T23:00:00Z',
  })
})

test('task, tag, worker, trigger and what is frequent narrow the list', () => {
  expect(
    runFilter(
      { ...search, task: 'almanac:noop', tag: 'daily', worker: '7', trigger: 'manual', calm: true },
      'UTC',
    ),
  ).toEqual({
    task: 'almanac:noop',
    tag: 'daily',
    worker_id: '7',
    trigger: 'manual',
    without_frequent: true,
  })
})

test('what cannot be read in the address is as if it was not there, and it holds only what is not as by default', () => {
  expect(
    readSearch(runListParams, {
      after: 'WyJ4Il0=',
      from: 'yesterday',
      worker: 'x',
      trigger: 'magic',
      calm: 'yes',
    }).search,
  ).toEqual(search)
  expect(shortRunSearch(readSearch(runListParams, { schedule: 12, state: 'failed' }).search)).toEqual({
    schedule: '12',
    state: 'failed',
  })
})

test('the children of a run are listed where it is asked for', () => {
  expect(runFilter({ ...search, parent: '12' }, 'UTC')).toEqual({ parent_id: '12' })
})
