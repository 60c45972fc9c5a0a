import { expect, test } from 'vitest'
import { heldClient, refusalOf } from '../../graphql/heldClientFactory.ts'
import { calendarItem } from '../items/calendarFactory.ts'
import { moveFollowing, splitFollowing } from './moveFollowing.ts'
import { nothing } from '../../undo/sent.ts'

const at = Date.parse('2026-11-27T03:00Z')
const to = at + 3_600_000
const nightly = calendarItem({ scheduleId: '7', scheduleName: 'nightly', startsAt: at })
const plan = {
  changes: { cron_expression: '0 4 * * *' },
  note: null,
  canSplit: false,
  earlier: 0,
  before: { words: 'Every day at 03:00', text: '0 3 * * *' },
  after: { words: 'Every day at 04:00', text: '0 4 * * *' },
  previous: { cron_expression: '0 3 * * *' },
  endsAt: '2027-01-01T00:00:00+00:00',
  updatedAt: '2026-11-26T12:00:00.123456+00:00',
  kept: 0,
  lost: [],
  preview: null,
}
const refusal = refusalOf('The schedule was changed meanwhile.')
const later = '2026-11-26T13:00:00.654321+00:00'
const series = { moveSeries: { result: { rowId: '7', updatedAt: later } } }
const split = { splitSchedule: { result: { rowId: '8', name: 'nightly-2', updatedAt: later } } }

test('where nothing comes before it, the rule is changed as it was seen; undoing puts the former one back', async () => {
  const { client, asked, last } = heldClient()
  const moving = moveFollowing(client, nightly, to, plan)
  last().answer(series)
  const { error, takeBack } = await moving
  expect(error).toBeUndefined()

  const undoing = takeBack()
  last().answer({})

  expect((await undoing).error).toBeUndefined()
  expect(asked.map(({ name, variables }) => [name, variables])).toEqual([
    [
      'MoveSeries',
      {
        schedule: 'nightly',
        occurrence: '2026-11-27T03:00:00.000Z',
        to: '2026-11-27T04:00:00.000Z',
        expected: plan.updatedAt,
      },
    ],
    ['UndoSeries', { id: '7', changes: plan.previous, expected: later }],
  ])
})

test('where the rule may not be changed there is nothing to undo', async () => {
  const { client, last } = heldClient()
  const moving = moveFollowing(client, nightly, to, plan)
  last().fail(refusal)

  expect(await moving).toEqual({ error: refusal, takeBack: nothing })
})

test('an undoing that is refused says why', async () => {
  const { client, last } = heldClient()
  const moving = moveFollowing(client, nightly, to, plan)
  last().answer({})
  const undoing = (await moving).takeBack()
  last().fail(refusal)

  expect((await undoing).error).toBe(refusal)
})

test('where others come before it they keep their schedule, and it continues in one of its own', async () => {
  const { client, asked, last } = heldClient()
  const nominal = '2026-11-27T03:00:00.123456+00:00'
  const moving = moveFollowing(client, { ...nightly, nominal }, to, { ...plan, earlier: 2 })
  last().answer(split)
  await moving

  expect(asked).toMatchObject([
    {
      name: 'SplitSchedule',
      variables: {
        schedule: 'nightly',
        occurrence: nominal,
        to: '2026-11-27T04:00:00.000Z',
        keepRule: false,
      },
    },
  ])
})

test('undoing a split makes one schedule of both again, as they stand since', async () => {
  const { client, last } = heldClient()
  const moving = moveFollowing(client, nightly, to, { ...plan, earlier: 2 })
  last().answer(split)
  const undoing = (await moving).takeBack()
  expect(last()).toMatchObject({
    name: 'UndoSplit',
    variables: { id: '7', splitId: '8', endsAt: plan.endsAt, expected: later, splitExpected: later },
  })

  last().answer({})

  expect((await undoing).error).toBeUndefined()
})

test('where no rule says it what follows continues by the same rule, which can be undone', async () => {
  const { client, last } = heldClient()
  const splitting = splitFollowing(client, nightly, to, { ...plan, changes: null, earlier: 2 })
  expect(last()).toMatchObject({
    name: 'SplitSchedule',
    variables: { to: '2026-11-27T04:00:00.000Z', keepRule: true, expected: plan.updatedAt },
  })
  last().answer(split)
  const { splitId, takeBack } = await splitting
  expect(splitId).toBe('8')

  void takeBack()

  expect(last()).toMatchObject({ name: 'UndoSplit', variables: { id: '7', splitId: '8' } })
})

test.each([
  ['is refused', (held: ReturnType<typeof heldClient>) => held.last().fail(refusal), refusal],
  [
    'comes to nothing',
    (held: ReturnType<typeof heldClient>) => held.last().answer({ splitSchedule: null }),
    undefined,
  ],
])('where a split %s there is nothing to undo', async (_, answer, error) => {
  const held = heldClient()
  const moving = moveFollowing(held.client, nightly, to, { ...plan, earlier: 2 })
  answer(held)

  expect(await moving).toEqual({ error, takeBack: nothing, splitId: null })
})
