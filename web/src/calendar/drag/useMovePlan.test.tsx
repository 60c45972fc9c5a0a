import { act, renderHook } from '@testing-library/react'
import { CombinedError, Provider } from 'urql'
import { expect, test } from 'vitest'
import { heldClient, refusalOf } from '../../graphql/heldClientFactory.ts'
import { calendarItem } from '../items/calendarFactory.ts'
import { useMovePlan } from './useMovePlan.ts'

const at = Date.parse('2026-11-27T03:00Z')
const item = calendarItem({ scheduleId: '7', scheduleName: 'nightly', startsAt: at })

function show() {
  const server = heldClient()
  const { result } = renderHook(() => useMovePlan(item, at + 3_600_000), {
    wrapper: ({ children }) => <Provider value={server.client}>{children}</Provider>,
  })
  return { ...server, plan: () => result.current }
}

test('without a connection that is said, and not that no rule says it', () => {
  const { last, plan } = show()

  act(() => last().fail(new CombinedError({ networkError: new TypeError('Failed to fetch') })))

  expect(plan()?.changes).toBeNull()
  expect(plan()?.note).toBe(
    'Without a connection the new rule cannot be worked out. Cannot reach the server.',
  )
})

test('what the database refuses is said in its words', () => {
  const { last, plan } = show()

  act(() => last().fail(refusalOf('The rule of schedule nightly does not name this time.')))

  expect(plan()?.note).toBe('The rule of schedule nightly does not name this time.')
})

test.each([
  ['2', { canSplit: true, note: 'The rule names several times.' }],
  ['0', { canSplit: false, note: 'The rule names several times. To change all of them, edit the rule.' }],
])('where no rule says it and %s come before it, it says whether a split does', (earlier, expected) => {
  const { last, plan } = show()

  act(() =>
    last().answer({
      ruleForMove: { changes: null, earlier, note: 'The rule names several times.' },
      schedules: {
        nodes: [{ rowId: '7', kind: 'cron', cronExpression: '0 3,9 * * *', timezone: 'UTC', updatedAt: 'x' }],
      },
      overridesForMove: [],
    }),
  )

  expect(plan()).toMatchObject({ changes: null, ...expected })
})

test('what stays moved or skipped, and what does not, are told apart by whether something takes its place', () => {
  const { last, plan } = show()
  const override = (scheduledFor: string, wasMovedTo: string | null, newScheduledFor: string | null) => ({
    scheduledFor,
    action: wasMovedTo === null ? 'skip' : 'move',
    wasMovedTo,
    newScheduledFor,
  })

  act(() =>
    last().answer({
      ruleForMove: { changes: { cron_expression: '0 4 * * *' }, earlier: '0', note: null },
      schedules: {
        nodes: [{ rowId: '7', kind: 'cron', cronExpression: '0 3 * * *', timezone: 'UTC', updatedAt: 'x' }],
      },
      overridesForMove: [
        override('2026-11-28T03:00:00+00:00', null, '2026-11-28T04:00:00+00:00'),
        override('2026-11-29T03:00:00+00:00', '2026-11-29T09:00:00+00:00', null),
      ],
    }),
  )

  expect(plan()).toMatchObject({
    kept: 1,
    lost: [{ at: Date.parse('2026-11-29T03:00Z'), movedTo: Date.parse('2026-11-29T09:00Z') }],
    updatedAt: 'x',
  })
})
