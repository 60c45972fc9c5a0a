import { act, renderHook } from '@testing-library/react'
import { Provider } from 'urql'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { heldClient } from '../graphql/heldClientFactory.ts'
import { loadTemporal } from '../time/temporal.ts'
import { useFilteredCalendar } from './useFilteredCalendar.ts'

// A clock that is taken over would take over Temporal's as well, which the polyfill does not allow.
beforeEach(async () => {
  vi.useFakeTimers()
  await loadTemporal()
})
afterEach(() => {
  Reflect.deleteProperty(globalThis, 'Temporal')
  vi.useRealTimers()
})

const row = (item: string, scheduleId: string | null) => ({
  __typename: 'CalendarItem',
  item,
  scheduleId,
  scheduleName: scheduleId && `job ${scheduleId}`,
  scheduleStatus: 'active',
  startsAt: '2026-11-25T00:00:00Z',
  endsAt: '2026-11-26T00:00:00Z',
  scheduledFor: null,
  runId: null,
  status: null,
  trigger: null,
  reason: null,
  startedAt: null,
  finishedAt: null,
  attempt: null,
  maxAttempts: null,
  total: '1',
  succeeded: '0',
  failed: '0',
  skipped: '0',
  cancelled: '0',
  running: '0',
  waiting: '0',
  upcoming: '1',
})

test.each([
  ['of each schedule', '1'],
  ['of all schedules together', null],
])(
  'where there are only counts, %s, the database is asked for those whose name is looked for',
  (_, scheduleId) => {
    const { client, last } = heldClient()
    const window = {
      start: Date.parse('2026-11-23T00:00Z'),
      end: Date.parse('2026-11-30T00:00Z'),
      timezone: 'UTC',
      bucket: 60,
      withSystem: false,
    }
    const { result } = renderHook(() => useFilteredCalendar(window, { q: 'report' }), {
      wrapper: ({ children }) => <Provider value={client}>{children}</Provider>,
    })

    act(() => last().answer({ calendar: [row('density', scheduleId)] }))
    act(() => void vi.advanceTimersByTime(1_000))

    expect(last().variables).toMatchObject({ search: 'report' })
    act(() => last().answer({ calendar: [row('occurrence', '7')] }))
    expect(result.current.items?.map(({ kind, scheduleId: id }) => [kind, id])).toEqual([['occurrence', '7']])
  },
)

test('a pile that is opened, or holds the item of the address, is taken apart: its range is asked for', () => {
  const { client, last } = heldClient()
  const window = {
    start: Date.parse('2026-11-23T00:00Z'),
    end: Date.parse('2026-11-30T00:00Z'),
    timezone: 'UTC',
    bucket: 60,
    withSystem: false,
    piles: true,
  }
  const at = '2026-11-25T06:05:00Z'
  const { result } = renderHook(
    () => useFilteredCalendar(window, { tag: 'daily' }, null, `occurrence:7:${Date.parse(at)}`),
    { wrapper: ({ children }) => <Provider value={client}>{children}</Provider> },
  )
  const pile = { ...row('pile', null), startsAt: '2026-11-25T06:00:00Z', endsAt: '2026-11-25T07:00:00Z' }

  act(() => last().answer({ calendar: [pile, row('bucket', '1')] }))
  expect(result.current.items?.map(({ kind }) => kind)).toEqual(['pile', 'bucket'])
  expect(last().variables).toMatchObject({
    start: '2026-11-25T06:00:00.000Z',
    end: '2026-11-25T07:00:00.000Z',
    tags: ['daily'],
    piles: true,
  })
  const seven = { ...row('occurrence', '7'), startsAt: at, scheduledFor: at, endsAt: null }
  act(() => last().answer({ calendar: [seven] }))

  expect(result.current.items?.map(({ kind, scheduleId }) => [kind, scheduleId])).toEqual([
    ['bucket', '1'],
    ['occurrence', '7'],
  ])
  expect([...result.current.unpiled]).toEqual([`occurrence:7:${Date.parse(at)}`])
})

test('a run of the address that is in a pile is looked up, and its pile taken apart', () => {
  const { client, last } = heldClient()
  const window = {
    start: Date.parse('2026-11-23T00:00Z'),
    end: Date.parse('2026-11-30T00:00Z'),
    timezone: 'UTC',
    bucket: 60,
    withSystem: false,
    piles: true,
  }
  const at = '2026-11-25T06:05:00Z'
  const { result } = renderHook(() => useFilteredCalendar(window, {}, null, 'run:7:8817'), {
    wrapper: ({ children }) => <Provider value={client}>{children}</Provider>,
  })
  const pile = { ...row('pile', null), startsAt: '2026-11-25T06:00:00Z', endsAt: '2026-11-25T07:00:00Z' }

  act(() => last().answer({ calendar: [pile] }))
  expect(last().variables).toEqual({ runId: '8817' })
  act(() =>
    last().answer({ runs: { __typename: 'C', nodes: [{ __typename: 'Run', rowId: '8817', dueAt: at }] } }),
  )
  expect(last().variables).toMatchObject({
    start: '2026-11-25T06:00:00.000Z',
    end: '2026-11-25T07:00:00.000Z',
  })
  const seven = { ...row('run', '7'), runId: '8817', status: 'SUCCEEDED', startsAt: at, endsAt: null }
  act(() => last().answer({ calendar: [seven] }))

  expect(result.current.items?.map(({ kind, runId }) => [kind, runId])).toEqual([['run', '8817']])
})
