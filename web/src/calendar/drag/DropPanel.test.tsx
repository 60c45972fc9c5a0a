import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import type { CalendarChanges } from '../changes/useOccurrenceChanges.ts'
import { calendarItem } from '../items/calendarFactory.ts'
import { DropPanel } from './DropPanel.tsx'
import { aroundOf, loadAround, type LoadAround } from './loadAround.ts'
import type { MovePlan } from './useMovePlan.ts'

const asked = vi.hoisted(() => ({
  plan: null as MovePlan | null,
  load: null as LoadAround | null,
  capacity: 4,
}))
vi.mock('./useMovePlan.ts', () => ({ useMovePlan: () => asked.plan }))
vi.mock('./useLoadAround.ts', () => ({
  useLoadAround: () => ({ load: asked.load, capacity: asked.capacity }),
}))

const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const item = calendarItem({ scheduleName: 'nightly', startsAt: paris('27T03:00') })
const plan: MovePlan = {
  changes: { cron_expression: '30 5 * * *' },
  note: null,
  canSplit: false,
  earlier: 0,
  before: { words: 'At 03:00 every day', text: '0 3 * * *' },
  after: { words: 'At 05:30 every day', text: '30 5 * * *' },
  previous: { cron_expression: '0 3 * * *' },
  endsAt: null,
  updatedAt: '2026-11-26T12:00:00.123456+00:00',
  kept: 0,
  lost: [],
  preview: null,
}

beforeAll(loadTemporal)
beforeEach(() => {
  asked.plan = plan
  asked.load = null
  asked.capacity = 4
})
afterEach(() => {
  cleanup()
  document.body.replaceChildren()
})

function show({ to = paris('27T05:30'), ownZone = 'America/New_York' } = {}) {
  const opener = document.body.appendChild(document.createElement('button'))
  opener.focus()
  const changes = {
    occurrence: vi.fn<CalendarChanges['occurrence']>(() => Promise.resolve(null)),
    following: vi.fn<CalendarChanges['following']>(() => Promise.resolve()),
    split: vi.fn<CalendarChanges['split']>(() => Promise.resolve('8')),
    pause: vi.fn<CalendarChanges['pause']>(),
    resume: vi.fn<CalendarChanges['resume']>(),
  }
  const onClose = vi.fn()
  const onSplit = vi.fn()
  render(
    <MantineProvider env="test">
      <DropPanel
        {...{ item, to, ownZone, changes, onClose, onSplit }}
        timeZone="Europe/Paris"
        anchor={() => null}
      />
    </MantineProvider>,
  )
  return { changes, onClose, onSplit, opener }
}

const heading = () => screen.getByRole('heading')
const radio = (name: RegExp) => screen.getByRole<HTMLInputElement>('radio', { name })

test('the question names the occurrence and both times, and has the focus', () => {
  show()

  expect(heading().textContent).toBe('Move nightly on Fri 27 Nov from 03:00 to 05:30?')
  expect(screen.getByRole('dialog', { name: heading().textContent ?? '' })).toBeDefined()
  expect(document.activeElement).toBe(heading())
})

test('what stays moved or skipped is counted, and what does not is named', () => {
  asked.plan = {
    ...plan,
    kept: 2,
    lost: [
      { at: paris('28T03:00'), movedTo: null },
      { at: paris('29T03:00'), movedTo: paris('29T20:00') },
    ],
  }
  show()

  expect(screen.getByText('2 that are moved or skipped stay that way.')).toBeDefined()
  expect(screen.getByText(/no longer moved or skipped/).textContent).toBe(
    'These 2 are no longer moved or skipped, because nothing takes their place: ' +
      'Sat 28 Nov 03:00 (skipped), Sun 29 Nov 03:00 (moved to Sun 29 Nov 20:00).',
  )
})

test('the day is named where it changes, in each zone by itself', () => {
  show({ to: paris('27T07:00') })

  expect(heading().textContent).toBe('Move nightly on Fri 27 Nov from 03:00 to 07:00?')
  const [inParis, inNewYork] = screen.getAllByRole('definition').map(({ textContent }) => textContent)
  expect(inParis).toBe('03:00 → 07:00')
  expect(inNewYork).toBe('Thu 26 Nov 21:00 → Fri 27 Nov 01:00')
})

test('by itself only this occurrence moves, with a reason, and the focus returns', () => {
  const { changes, onClose, opener } = show()

  fireEvent.change(screen.getByRole('textbox', { name: 'Reason' }), { target: { value: ' late data ' } })
  fireEvent.click(screen.getByRole('button', { name: 'Move' }))

  expect(changes.occurrence).toHaveBeenCalledExactlyOnceWith(
    item,
    { do: 'move', to: paris('27T05:30') },
    'late data',
  )
  expect(changes.following).not.toHaveBeenCalled()
  expect(onClose).toHaveBeenCalledOnce()
  expect(document.activeElement).toBe(opener)
})

test('2 chooses all that follow, 1 this one again, and Enter moves them by the plan', () => {
  const { changes } = show()

  fireEvent.keyDown(heading(), { key: '2' })
  expect(radio(/^This and following/).checked).toBe(true)
  fireEvent.keyDown(heading(), { key: '1' })
  expect(radio(/^This occurrence/).checked).toBe(true)
  fireEvent.keyDown(heading(), { key: '2' })
  fireEvent.keyDown(heading(), { key: 'Enter' })

  expect(changes.following).toHaveBeenCalledExactlyOnceWith(item, paris('27T05:30'), plan)
  expect(changes.occurrence).not.toHaveBeenCalled()
})

test('a digit that is typed into the reason chooses nothing', () => {
  show()

  fireEvent.keyDown(screen.getByRole('textbox', { name: 'Reason' }), { key: '2' })

  expect(radio(/^This occurrence/).checked).toBe(true)
})

test('where no rule says it, all that follow cannot be chosen, and it says why', () => {
  asked.plan = { ...plan, changes: null, note: 'An interval has no time of day.' }
  show()

  fireEvent.keyDown(heading(), { key: '2' })

  expect(radio(/^This and following/).disabled).toBe(true)
  expect(radio(/^This and following/).checked).toBe(false)
  expect(screen.getByText('An interval has no time of day.')).toBeDefined()
})

const noRule = { ...plan, changes: null, note: 'The rule names several times.', earlier: 2 }

test('where no rule says it but others come before it, 3 splits the schedule there and opens the form of what follows', async () => {
  asked.plan = { ...noRule, canSplit: true }
  const { changes, onSplit } = show()

  fireEvent.keyDown(heading(), { key: '2' })
  expect(radio(/^This occurrence/).checked).toBe(true)
  fireEvent.keyDown(heading(), { key: '3' })
  expect(radio(/^Split/).checked).toBe(true)
  expect(screen.getByText(/nightly ends before Fri 27 Nov 03:00\./)).toBeDefined()
  expect(screen.queryByRole('textbox', { name: 'Reason' })).toBeNull()
  fireEvent.click(screen.getByRole('button', { name: 'Split' }))

  expect(changes.split).toHaveBeenCalledExactlyOnceWith(item, paris('27T05:30'), asked.plan)
  await vi.waitFor(() => expect(onSplit).toHaveBeenCalledExactlyOnceWith('8'))
  expect(changes.occurrence).not.toHaveBeenCalled()
})

test('a split that is refused opens no form', async () => {
  asked.plan = { ...noRule, canSplit: true }
  const { changes, onSplit } = show()
  changes.split.mockResolvedValue(null)

  fireEvent.keyDown(heading(), { key: '3' })
  fireEvent.keyDown(heading(), { key: 'Enter' })
  await changes.split.mock.results[0]?.value

  expect(onSplit).not.toHaveBeenCalled()
})

test('where a rule says it, or nothing comes before it, there is nothing to split', () => {
  asked.plan = { ...noRule, canSplit: false, earlier: 0 }
  show()

  fireEvent.keyDown(heading(), { key: '3' })

  expect(screen.queryByRole('radio', { name: /^Split/ })).toBeNull()
  expect(radio(/^This occurrence/).checked).toBe(true)
})

test('Escape and “Cancel” put it back', () => {
  const first = show()
  fireEvent.keyDown(heading(), { key: 'Escape' })
  expect(first.onClose).toHaveBeenCalledOnce()
  expect(first.changes.occurrence).not.toHaveBeenCalled()
  cleanup()

  const second = show()
  fireEvent.click(screen.getByRole('button', { name: 'Cancel' }))
  expect(second.onClose).toHaveBeenCalledOnce()
  expect(second.changes.occurrence).not.toHaveBeenCalled()
})

test('the load around the new time says how much is busy then with it and without, and what else runs', () => {
  const to = paris('27T05:30')
  const others = ['a', 'b', 'c', 'd', 'e'].map((scheduleName, index) =>
    calendarItem({ scheduleName, scheduleId: `9${index}`, startsAt: to - 600_000 }),
  )
  const usual = new Map(
    [item, ...others].map(({ scheduleId }) => [scheduleId, { p50: 1_800_000, p95: 3_600_000, runs: 9 }]),
  )
  asked.load = loadAround([...others, item], item, to, usual, aroundOf(to, paris('26T00:00')))
  show()

  const curve = screen.getByRole('region', { name: 'Load around the new time' })
  expect(curve.textContent).toContain('Busy slots, 02:00–09:00at 05:30 5 → 6 of 4')
  expect(curve.textContent).toContain('That is more than there are slots: some will wait.')
  expect(curve.textContent).toContain('Runs then too: a, b, c, d and 1 more.')
})

test('where how long it takes is not known, that is said', () => {
  const to = paris('27T05:30')
  asked.load = loadAround([], item, to, new Map(), aroundOf(to, paris('26T00:00')))
  show()

  expect(screen.getByText('How long it takes is not known, as no run has succeeded yet.')).toBeDefined()
  expect(screen.getByText('Nothing else runs then.')).toBeDefined()
})
