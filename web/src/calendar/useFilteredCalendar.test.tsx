import { act, renderHook } from '@testing-library/react'
import { Provider } from 'urql'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { heldClient } from '../graphql/heldClientFactory.ts'
import { useFilteredCalendar } from './useFilteredCalendar.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

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
