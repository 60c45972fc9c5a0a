import { notifications } from '@mantine/notifications'
import { act, renderHook } from '@testing-library/react'
import { Provider } from 'urql'
import { afterEach, expect, test, vi } from 'vitest'
import { heldClient, refusalOf } from '../graphql/heldClientFactory.ts'
import type { NewEntry } from './newEntry.ts'
import { useCalendarChanges } from './useCalendarChanges.ts'

type Changes = ReturnType<typeof useCalendarChanges>

function show() {
  const server = heldClient()
  const onChanged = vi.fn()
  const { result } = renderHook(() => useCalendarChanges(onChanged), {
    wrapper: ({ children }) => <Provider value={server.client}>{children}</Provider>,
  })
  /** Makes a change that the database answers. */
  const make = async <T,>(change: (changes: Changes) => Promise<T>, answer: () => void): Promise<T> => {
    const outcome = change(result.current)
    await act(() => Promise.resolve(answer()))
    return outcome
  }
  return { ...server, onChanged, make }
}
const file = { name: null, entries: [], rules: [], leftOut: [], notes: [] }

afterEach(() => {
  vi.restoreAllMocks()
})

test('a calendar is saved without blanks around its name, and without a description that says nothing', async () => {
  const { make, last, onChanged } = show()

  const draft = { name: ' holidays ', timezone: null, description: '  ' }
  const problem = await make(
    ({ update }) => update('days off', draft),
    () => last().answer({}),
  )

  expect(problem).toBeNull()
  expect(last().variables).toEqual({
    calendar: 'days off',
    changes: { name: 'holidays', timezone: null, description: null },
  })
  expect(onChanged).toHaveBeenCalledTimes(1)
})

test.each<[NewEntry, string]>([
  [{ kind: 'dates', label: 'Christmas', startsOn: '2026-12-24', endsOn: null }, 'ExcludeDates'],
  [
    { kind: 'range', label: null, startsAt: '2026-12-24T12:00Z', endsAt: '2026-12-24T18:00Z' },
    'ExcludeRange',
  ],
  [{ kind: 'recurring', label: null, cron: '0 22 * * *', duration: { hours: 8 } }, 'ExcludeRecurring'],
])('what is excluded is sent as what it is: $kind', async (entry, name) => {
  const { make, last, onChanged } = show()

  await make(
    ({ add }) => add('holidays', entry),
    () => last().answer({}),
  )

  const { kind: _, ...own } = entry
  expect(last()).toMatchObject({ name, variables: { calendar: 'holidays', ...own } })
  expect(onChanged).toHaveBeenCalledTimes(1)
})

test.each<[string, (changes: Changes) => Promise<unknown>]>([
  ['saving', ({ update }) => update('holidays', { name: 'x', timezone: null, description: '' })],
  [
    'adding',
    ({ add }) => add('holidays', { kind: 'dates', label: null, startsOn: '2026-12-24', endsOn: null }),
  ],
  ['removing an entry', ({ removeEntry }) => removeEntry('4')],
  ['removing a rule', ({ removeRule }) => removeRule('5')],
  ['deleting', ({ remove }) => remove('holidays')],
  ['importing', ({ importEntries }) => importEntries('holidays', 'days.ics', file)],
])('%s that is refused answers with the problem, and nothing is asked again', async (_, change) => {
  const tell = vi.spyOn(notifications, 'show')
  const { make, last, onChanged } = show()

  const problem = await make(change, () => last().fail(refusalOf('It is in use.', { hint: 'Detach it.' })))

  expect(problem).toMatchObject({ message: 'It is in use.', hint: 'Detach it.' })
  expect(onChanged).not.toHaveBeenCalled()
  expect(tell).not.toHaveBeenCalled()
})

test('a calendar that was deleted is not asked for again', async () => {
  const { make, last, onChanged } = show()

  const problem = await make(
    ({ remove }) => remove('holidays'),
    () => last().answer({}),
  )

  expect(problem).toBeNull()
  expect(last()).toMatchObject({ name: 'DeleteCalendar', variables: { calendar: 'holidays' } })
  expect(onChanged).not.toHaveBeenCalled()
})

test('an import says how much of the file came in', async () => {
  const tell = vi.spyOn(notifications, 'show')
  const { make, last, onChanged } = show()

  await make(
    ({ importEntries }) => importEntries('holidays', 'days.ics', file),
    () => last().answer({ importExclusions: { result: 12 } }),
  )

  expect(last().variables).toEqual({ calendar: 'holidays', source: 'days.ics', entries: [], rules: [] })
  expect(tell.mock.calls).toEqual([[{ message: '12 imported from days.ics' }]])
  expect(onChanged).toHaveBeenCalledTimes(1)
})
