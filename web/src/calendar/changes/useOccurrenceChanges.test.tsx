import { notifications } from '@mantine/notifications'
import { act, renderHook } from '@testing-library/react'
import { Provider } from 'urql'
import { afterEach, expect, test, vi } from 'vitest'
import { heldClient, refusalOf } from '../../graphql/heldClientFactory.ts'
import type { Problem } from '../../graphql/error.ts'
import { undoList, undoOne } from '../../undo/offerUndo.tsx'
import type { OccurrenceChange } from '../details/occurrenceOverride.ts'
import { calendarItem, calendarOmitted } from '../items/calendarFactory.ts'
import { itemState, type CalendarItem } from '../items/calendarItem.ts'
import { useOccurrenceChanges } from './useOccurrenceChanges.ts'

const at = Date.parse('2026-11-27T03:00Z')
const hour = 3_600_000
const window = { start: at - 48 * hour, end: at + 48 * hour }
const nightly = calendarItem({ scheduleName: 'nightly', startsAt: at })
const other = calendarItem({ scheduleName: 'other', startsAt: at })
const skipped = calendarOmitted('nightly', at, 'skipped')
const paused = { ...nightly, scheduleStatus: 'paused' }
const moved = { ...nightly, startsAt: at + hour, reason: 'moved' }
const isPast = refusalOf('03:00 is over.', { hint: 'Choose a later time.' })

const show = (items: readonly CalendarItem[]) => {
  const server = heldClient()
  const refetch = vi.fn()
  const { result, rerender } = renderHook(
    (props: { items: readonly CalendarItem[] }) =>
      useOccurrenceChanges({ ...props, window, timeZone: 'UTC', refetch }),
    {
      initialProps: { items },
      wrapper: ({ children }) => <Provider value={server.client}>{children}</Provider>,
    },
  )
  return {
    ...server,
    refetch,
    changes: () => result.current.changes,
    states: () => result.current.items?.map(itemState),
    places: () => result.current.items?.map(({ startsAt }) => startsAt),
    /** The database answers for other schedules than nightly alone. */
    answersOther: () =>
      rerender({ items: items.map((item) => (item.scheduleName === 'nightly' ? item : { ...item })) }),
    /** The database answers the calendar again. */
    answersCalendar: (next: readonly CalendarItem[]) =>
      rerender({ items: next.map((item) => ({ ...item })) }),
  }
}
type Shown = ReturnType<typeof show>

/** Begins a change; what it comes to is known once the server has answered. */
const begin = async <T,>(change: () => Promise<T>): Promise<{ outcome: Promise<T> }> => {
  let outcome: Promise<T> | undefined
  await act(async () => {
    outcome = change()
    await Promise.resolve()
  })
  if (outcome === undefined) throw new Error('The change was not begun.')
  return { outcome }
}
const override = (action: string, movedTo: string | null, reason: string | null) => ({
  occurrenceOverrides: { nodes: [{ action, movedTo, reason }] },
})
/** What the database says of the state of something before it is changed, where it is asked. */
const former: Record<string, Record<string, unknown>> = {
  FormerOverride: override('skip', null, 'Accounts are being closed'),
  FormerPause: { schedules: { nodes: [{ rowId: '1', pauseReason: 'The supplier is down' }] } },
}
const beginKnown = async <T,>(calendar: Shown, how: () => Promise<T>, answers = former) => {
  const begun = await begin(how)
  const answer = answers[calendar.last().name]
  if (answer !== undefined) await act(() => Promise.resolve(calendar.last().answer(answer)))
  return begun
}
const change = (
  calendar: Shown,
  item: CalendarItem,
  how: OccurrenceChange,
  reason?: string,
  answers = former,
) => beginKnown<Problem | null>(calendar, () => calendar.changes().occurrence(item, how, reason), answers)
const accepted = (calendar: Shown) => act(() => Promise.resolve(calendar.last().answer({})))
const refused = (calendar: Shown) => act(() => Promise.resolve(calendar.last().fail(isPast)))
const lastDone = () => {
  const [done] = undoList.get()
  if (done === undefined) throw new Error('Nothing can be undone.')
  return done
}

afterEach(() => {
  for (const { id } of undoList.get()) undoList.take(id)
  vi.restoreAllMocks()
})

test('a move shows while the database is still asked, and is of the one occurrence alone', async () => {
  const calendar = show([nightly, other])

  await change(calendar, nightly, { do: 'move', to: at + hour }, 'the backup is late')

  expect(calendar.places()).toEqual([at + hour, at])
  expect(calendar.asked).toMatchObject([
    {
      name: 'MoveOccurrence',
      variables: {
        schedule: 'nightly',
        occurrence: '2026-11-27T03:00:00.000Z',
        to: '2026-11-27T04:00:00.000Z',
        reason: 'the backup is late',
      },
    },
  ])
  expect(calendar.refetch).not.toHaveBeenCalled()
})

test.each([
  { how: 'skip' as const, before: nightly, name: 'SkipOccurrence', state: 'skipped' },
  { how: 'restore' as const, before: skipped, name: 'RestoreOccurrence', state: 'future' },
])('a $how shows while the database is still asked', async ({ how, before, name, state }) => {
  const calendar = show([before, other])

  await change(calendar, before, { do: how })

  expect(calendar.states()).toEqual([state, 'future'])
  expect(calendar.last()).toMatchObject({ name, variables: { schedule: 'nightly' } })
})

test('an occurrence is named to the microsecond, as the database wrote it', async () => {
  const nominal = '2026-11-27T03:00:00.123456+00:00'
  const exact = { ...nightly, nominal }
  const calendar = show([exact])

  await change(calendar, exact, { do: 'skip' })

  expect(calendar.last().variables).toMatchObject({ occurrence: nominal })
})

test('a pause and a resumption show on the schedule alone while the database is still asked', async () => {
  const calendar = show([nightly, other])

  await begin(() => calendar.changes().pause(nightly, 'maintenance'))
  expect(calendar.states()).toEqual(['paused', 'future'])
  expect(calendar.last()).toMatchObject({
    name: 'Pause',
    variables: { schedule: 'nightly', reason: 'maintenance' },
  })

  await beginKnown(calendar, () => calendar.changes().resume(nightly, true))
  expect(calendar.states()).toEqual(['future', 'future'])
  expect(calendar.last()).toMatchObject({
    name: 'Resume',
    variables: { schedule: 'nightly', catchUp: true },
  })
})

test('someone who resumes and says nothing of what was missed does not have it caught up', async () => {
  const calendar = show([paused])

  await beginKnown(calendar, () => calendar.changes().resume(paused))

  expect(calendar.last().variables).toMatchObject({ catchUp: false })
})

test('an occurrence whose move is refused goes back, with the reason, and cannot be undone', async () => {
  const calendar = show([nightly])
  const { outcome } = await change(calendar, nightly, { do: 'move', to: at + hour })

  await refused(calendar)

  expect(await outcome).toMatchObject({ message: '03:00 is over.', hint: 'Choose a later time.' })
  expect(calendar.places()).toEqual([at])
  expect(calendar.refetch).not.toHaveBeenCalled()
  expect(undoList.get()).toEqual([])
})

test.each([
  { how: 'pause' as const, before: nightly, state: 'future', said: 'Could not pause nightly' },
  { how: 'resume' as const, before: paused, state: 'paused', said: 'Could not resume nightly' },
])('a $how that is refused goes back and says why', async ({ how, before, state, said }) => {
  const tell = vi.spyOn(notifications, 'show')
  const calendar = show([before])
  await beginKnown(calendar, () => calendar.changes()[how](before))

  await refused(calendar)

  expect(calendar.states()).toEqual([state])
  expect(tell.mock.calls).toEqual([
    [expect.objectContaining({ color: 'red', message: `${said}: 03:00 is over. Choose a later time.` })],
  ])
  expect(undoList.get()).toEqual([])
})

test('a refusal takes back its own change alone', async () => {
  const calendar = show([nightly, other])
  await change(calendar, other, { do: 'skip' })
  await change(calendar, nightly, { do: 'skip' })

  await refused(calendar)

  expect(calendar.states()).toEqual(['future', 'skipped'])
})

test('a change that was accepted stays until an answer holds it, and then the answers count', async () => {
  const calendar = show([nightly])
  await change(calendar, nightly, { do: 'move', to: at + hour })
  await accepted(calendar)
  expect(calendar.refetch).toHaveBeenCalledTimes(1)

  calendar.answersCalendar([nightly])
  expect(calendar.places()).toEqual([at + hour])
  calendar.answersCalendar([moved])
  calendar.answersCalendar([nightly])

  expect(calendar.places()).toEqual([at])
})

test('a change that two answers contradict is over', async () => {
  const calendar = show([nightly])
  await change(calendar, nightly, { do: 'skip' })
  await accepted(calendar)

  calendar.answersCalendar([nightly])
  expect(calendar.states()).toEqual(['skipped'])
  calendar.answersCalendar([nightly])

  expect(calendar.states()).toEqual(['future'])
})

test('answers of other schedules do not bring back what was there before', async () => {
  const calendar = show([nightly, other])
  await change(calendar, nightly, { do: 'skip' })
  await accepted(calendar)

  for (let times = 0; times < 3; times += 1) calendar.answersOther()

  expect(calendar.states()).toEqual(['skipped', 'future'])
})

test('what is on its way outlives any number of answers from before it', async () => {
  const calendar = show([nightly])
  await change(calendar, nightly, { do: 'skip' })

  for (let times = 0; times < 3; times += 1) calendar.answersCalendar([nightly])

  expect(calendar.states()).toEqual(['skipped'])
})

const done = { action: 'x', createdAt: '2026-11-26T12:00:00.123456+00:00' }
const answerOf = { skip: { skipOccurrence: { result: done } }, move: { moveOccurrence: { result: done } } }

test.each([
  [
    'a move',
    nightly,
    { do: 'move', to: at + hour },
    'Moved nightly to',
    { action: null, madeAt: done.createdAt },
  ],
  ['a skip', nightly, { do: 'skip' }, 'Skipped nightly on', { action: null, madeAt: done.createdAt }],
  [
    'a restoration',
    skipped,
    { do: 'restore' },
    'Restored nightly on',
    { action: 'skip', to: null, reason: 'Accounts are being closed', madeAt: null },
  ],
  [
    'another move',
    moved,
    { do: 'move', to: at + 2 * hour },
    'Moved nightly to',
    { action: 'move', to: '2026-11-27T04:00:00.5+00:00', reason: 'late data', madeAt: done.createdAt },
  ],
] as const)(
  'undoing %s brings back what was there before, with its reason, if what is there is still its own',
  async (_, before, how, text, variables) => {
    const calendar = show([before])
    await change(calendar, before, how, undefined, {
      FormerOverride:
        before === moved
          ? override('move', '2026-11-27T04:00:00.5+00:00', 'late data')
          : former['FormerOverride']!,
    })
    await act(() => Promise.resolve(calendar.last().answer(how.do === 'restore' ? {} : answerOf[how.do])))
    expect(lastDone().text).toContain(text)

    await begin(() => undoOne(lastDone()))

    expect(calendar.last()).toMatchObject({
      name: 'UndoOverride',
      variables: { schedule: 'nightly', ...variables },
    })
    expect(calendar.states()).toEqual([itemState(before)])
    expect(calendar.places()).toEqual([before.startsAt])
  },
)

test('one undoes one’s own changes one after the other', async () => {
  const calendar = show([nightly])
  await change(calendar, nightly, { do: 'move', to: at + hour })
  await act(() => Promise.resolve(calendar.last().answer(answerOf.move)))
  await change(calendar, moved, { do: 'skip' })
  await act(() => Promise.resolve(calendar.last().answer(answerOf.skip)))

  await begin(() => undoOne(lastDone()))
  const createdAt = '2026-11-26T12:00:01+00:00'
  await act(() => Promise.resolve(calendar.last().answer({ undoOverride: { result: { createdAt } } })))
  await begin(() => undoOne(lastDone()))

  expect(calendar.last().variables).toMatchObject({ action: null, madeAt: createdAt })
})

test('an undoing that another’s change has overtaken is refused with who did what', async () => {
  const calendar = show([nightly])
  await change(calendar, nightly, { do: 'skip' })
  await act(() => Promise.resolve(calendar.last().answer(answerOf.skip)))
  const message =
    'bo moved the occurrence to Fri 27 Nov 2026 05:00:00 (UTC), on Thu 26 Nov 2026 09:00:00 (UTC).'
  await begin(() => undoOne(lastDone()))

  await act(() => Promise.resolve(calendar.last().fail(refusalOf(message))))

  expect(calendar.states()).toEqual(['skipped'])
  await vi.waitFor(() => expect(undoList.get()[0]?.refused?.message).toContain(message))
})

test('undoing a pause catches up what fell into it', async () => {
  const calendar = show([nightly])
  await begin(() => calendar.changes().pause(nightly))
  const { createdAt: updatedAt } = done
  await act(() => Promise.resolve(calendar.last().answer({ pause: { result: { updatedAt } } })))

  await begin(() => undoOne(lastDone()))

  expect(calendar.last()).toMatchObject({
    name: 'Resume',
    variables: { catchUp: true, expected: updatedAt },
  })
  expect(calendar.states()).toEqual(['future'])
})

test('where it cannot be asked what is there, nothing is changed and that is said', async () => {
  const calendar = show([skipped])
  const { outcome } = await begin<Problem | null>(() =>
    calendar.changes().occurrence(skipped, { do: 'restore' }),
  )

  await refused(calendar)

  expect(await outcome).toMatchObject({ message: '03:00 is over.' })
  expect(calendar.asked.map(({ name }) => name)).toEqual(['FormerOverride'])
  expect(calendar.states()).toEqual(['skipped'])
})

test('undoing a resumption pauses again, for the same reason', async () => {
  const calendar = show([paused])
  await beginKnown(calendar, () => calendar.changes().resume(paused))
  await accepted(calendar)

  await begin(() => undoOne(lastDone()))

  expect(calendar.last()).toMatchObject({
    name: 'Pause',
    variables: { schedule: 'nightly', reason: 'The supplier is down' },
  })
  expect(calendar.states()).toEqual(['paused'])
})

const rule = { from: '0 3 * * *', to: '0 4 * * *' }
const plan = {
  changes: { cron_expression: rule.to },
  note: null,
  canSplit: false,
  earlier: 0,
  before: { words: 'Every day at 03:00', text: rule.from },
  after: { words: 'Every day at 04:00', text: rule.to },
  previous: { cron_expression: rule.from },
  endsAt: null,
  updatedAt: '2026-11-26T12:00:00.123456+00:00',
  kept: 0,
  lost: [],
  preview: null,
}

test('moving all that follow shows at once and changes the rule; undoing it asks for the calendar again', async () => {
  const calendar = show([nightly])
  await begin(() => calendar.changes().following(nightly, at + hour, plan))
  expect(calendar.places()).toEqual([at + hour])
  expect(calendar.last()).toMatchObject({ name: 'MoveSeries', variables: { expected: plan.updatedAt } })

  await accepted(calendar)
  expect(lastDone().text).toContain('Moved nightly from')
  await begin(() => undoOne(lastDone()))
  expect(calendar.last()).toMatchObject({ name: 'UndoSeries', variables: { changes: plan.previous } })
  await accepted(calendar)

  expect(calendar.refetch).toHaveBeenCalledTimes(2)
})

test('where moving all that follow is refused, the occurrence goes back and the reason is said', async () => {
  const tell = vi.spyOn(notifications, 'show')
  const calendar = show([nightly])
  await begin(() => calendar.changes().following(nightly, at + hour, plan))

  await refused(calendar)

  expect(calendar.places()).toEqual([at])
  expect(tell).toHaveBeenCalledTimes(1)
  expect(tell.mock.lastCall?.[0].message).toBe(
    'Could not move nightly from Fri 27 Nov on: 03:00 is over. Choose a later time.',
  )
  expect(undoList.get()).toEqual([])
})
