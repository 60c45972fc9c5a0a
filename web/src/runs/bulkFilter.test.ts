// @vitest-environment node
import { expect, test } from 'vitest'
import { loadTemporal } from '../time/temporal.ts'
import { cancelFilter, retryFilter } from './bulkFilter.ts'
import { allRuns } from './runList.ts'

await loadTemporal()

const zone = 'Europe/Paris'
const now = Date.parse('2026-11-25T13:37:08Z')
const search = allRuns
const UNFINISHED = ['waiting', 'queued', 'running', 'retrying']

test('what the list is narrowed to says what is cancelled', () => {
  expect(
    cancelFilter(
      {
        ...search,
        q: ' disk ',
        schedule: '12',
        from: '2026-10-25',
        to: '2026-10-25',
        task: 'almanac:noop',
        tag: 'daily',
        worker: '7',
        trigger: 'manual',
        calm: true,
      },
      zone,
    ),
  ).toEqual({
    status: UNFINISHED,
    schedule_id: '12',
    since: '2026-10-24T22:00:00Z',
    until: '2026-10-25T23:00:00Z',
    task: 'almanac:noop',
    tag: 'daily',
    worker_id: '7',
    trigger: 'manual',
    without_frequent: true,
    search: 'disk',
  })
})

test('a number is one run', () => {
  expect(cancelFilter({ ...search, q: '#42' }, zone)).toEqual({ status: UNFINISHED, ids: ['42'] })
  expect(retryFilter({ ...search, q: '42' }, zone, now)).toEqual({ ids: ['42'] })
})

test('of the shown states only unfinished ones are cancelled, and only failed and cancelled ones repeated', () => {
  expect(cancelFilter({ ...search, state: 'running' }, zone)).toEqual({ status: ['running'] })
  expect(cancelFilter({ ...search, state: 'failed' }, zone)).toBeNull()
  const since = '2026-11-01T00:00:00Z'
  const ofNovember = { ...search, from: '2026-11-01' }
  expect(retryFilter({ ...ofNovember, state: 'failed' }, 'UTC', now)).toEqual({
    since,
    status: ['failed', 'timed_out'],
  })
  expect(retryFilter({ ...ofNovember, state: 'skipped' }, 'UTC', now)).toEqual({
    since,
    status: ['cancelled'],
  })
  expect(retryFilter({ ...ofNovember, state: 'active' }, 'UTC', now)).toBeNull()
})

test('of no day, those of the last seven days are repeated', () => {
  expect(retryFilter({ ...search, tag: 'daily' }, zone, now)).toEqual({
    tag: 'daily',
    since: '2026-11-18T23:00:00Z',
  })
})
