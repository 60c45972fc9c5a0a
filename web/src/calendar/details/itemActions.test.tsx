import { MantineProvider } from '@mantine/core'
import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  RouterContextProvider,
} from '@tanstack/react-router'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { Client, Provider, type Operation } from 'urql'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { map, pipe } from 'wonka'
import type { Problem } from '../../graphql/error.ts'
import { session } from '../../session/useSession.ts'
import { ClockContext } from '../../time/now.ts'
import { loadTemporal } from '../../time/temporal.ts'
import type { CalendarChanges } from '../changes/useOccurrenceChanges.ts'
import { calendarItem, calendarOmitted, calendarRun } from '../items/calendarFactory.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { ItemActions } from './ItemActions.tsx'
import { OccurrenceActions } from './OccurrenceActions.tsx'

const zone = 'Europe/Paris'
const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const now = paris('25T14:37')
const clock = { get: () => now, subscribe: () => () => undefined }
const router = createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() })
const upcoming = calendarItem({ scheduleName: 'nightly', startsAt: paris('27T03:00') })
const refusal: Problem = {
  message: 'The occurrence has fired.',
  code: 'AL020',
  detail: null,
  hint: 'Choose a later one.',
  field: null,
}

beforeAll(loadTemporal)
afterEach(() => {
  cleanup()
  session.expire()
})

const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }))
const buttons = () => screen.getAllByRole('button').map(({ textContent }) => textContent)
const type = (label: RegExp, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } })

interface Given {
  canChange?: boolean
  isSystem?: boolean
}

function showItem(item: CalendarItem, { canChange = true, isSystem = false }: Given = {}) {
  const sent: Operation[] = []
  const client = new Client({
    url: 'http://localhost/graphql',
    preferGetMethod: false,
    exchanges: [
      () => (operations) =>
        pipe(
          operations,
          map((operation) => {
            sent.push(operation)
            return { operation, data: {}, stale: false, hasNext: false }
          }),
        ),
    ],
  })
  const changes = {
    occurrence: vi.fn<CalendarChanges['occurrence']>(() => Promise.resolve(null)),
    following: vi.fn<CalendarChanges['following']>(() => Promise.resolve()),
    split: vi.fn<CalendarChanges['split']>(() => Promise.resolve(null)),
    pause: vi.fn<CalendarChanges['pause']>(() => Promise.resolve()),
    resume: vi.fn<CalendarChanges['resume']>(() => Promise.resolve()),
  }
  render(
    <MantineProvider env="test">
      <ClockContext value={clock}>
        <Provider value={client}>
          <RouterContextProvider router={router}>
            <ItemActions {...{ item, canChange, isSystem, changes }} timeZone={zone} ownZone={null} />
          </RouterContextProvider>
        </Provider>
      </ClockContext>
    </MantineProvider>,
  )
  return { sent, changes }
}

test('an upcoming occurrence is skipped with the reason that was typed, without blanks around it', () => {
  const { changes } = showItem(upcoming)

  type(/^Reason to skip, move or pause/, '  maintenance ')
  press('Skip')

  expect(changes.occurrence).toHaveBeenCalledExactlyOnceWith(upcoming, { do: 'skip' }, 'maintenance')
})

test('a schedule is paused; a reason of blanks is left out', () => {
  const { changes } = showItem(upcoming)

  type(/^Reason/, '  ')
  press('Pause')

  expect(changes.pause).toHaveBeenCalledExactlyOnceWith(upcoming, null)
})

test('a paused schedule is resumed, and catches up only if that is asked for', () => {
  const item: CalendarItem = { ...upcoming, scheduleStatus: 'paused' }
  const { changes } = showItem(item)
  expect(buttons()).not.toContain('Pause')

  press('Resume')
  fireEvent.click(screen.getByRole('checkbox', { name: 'Catch up what the pause skipped' }))
  press('Resume')

  expect(changes.resume.mock.calls).toEqual([
    [item, false],
    [item, true],
  ])
})

test('a run links to itself and to its schedule; one that failed is run again', () => {
  showItem(calendarRun('nightly', paris('25T03:00'), 'failed', { runId: '4711' }))

  expect(screen.getByRole('link', { name: 'Open run' }).getAttribute('href')).toBe('/runs/4711')
  expect(screen.getByRole('link', { name: 'Open schedule' }).getAttribute('href')).toBe('/schedules/nightly')
  expect(buttons()).toEqual(['Run again', 'Pause'])
  expect(screen.getByLabelText(/^Reason to pause/)).toBeDefined()
})

test('“Trigger now” asks the server for a run of that schedule', async () => {
  const { sent } = showItem(upcoming)

  press('Trigger now')

  await waitFor(() => expect(sent.map(({ variables }) => variables)).toEqual([{ schedule: 'nightly' }]))
})

test('who may change nothing gets nothing but links', () => {
  showItem(upcoming, { canChange: false })

  expect(screen.queryByRole('button')).toBeNull()
  expect(screen.queryByRole('textbox')).toBeNull()
  expect(screen.getByRole('link', { name: 'Open schedule' })).toBeDefined()
})

test('Almanac’s own schedule is changed by no one, and triggered by an admin', async () => {
  showItem(upcoming, { isSystem: true })
  expect(screen.queryByRole('button')).toBeNull()
  cleanup()

  const user = { username: 'ada', role: 'admin' }
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify({ user }))))
  await session.check()
  showItem(upcoming, { isSystem: true })

  expect(buttons()).toEqual(['Trigger now'])
})

function showOccurrence(item: CalendarItem, refused: Problem | null = null) {
  const onChange = vi.fn(() => Promise.resolve(refused))
  render(
    <MantineProvider env="test">
      <ClockContext value={clock}>
        <OccurrenceActions {...{ item, onChange }} timeZone={zone} ownZone={null} />
      </ClockContext>
    </MantineProvider>,
  )
  return onChange
}

test('only what someone moved or skipped can be restored, and what is skipped cannot be skipped again', () => {
  showOccurrence(upcoming)
  expect(buttons()).toEqual(['Skip', 'Move…'])
  cleanup()

  const onChange = showOccurrence(calendarOmitted('nightly', paris('27T03:00'), 'skipped'))
  expect(buttons()).toEqual(['Move…', 'Restore'])
  press('Restore')
  expect(onChange).toHaveBeenCalledExactlyOnceWith({ do: 'restore' })
})

test('what is refused is said in place, with the remedy', async () => {
  showOccurrence(upcoming, refusal)

  press('Skip')

  expect((await screen.findByRole('alert')).textContent).toContain(`${refusal.message}${refusal.hint}`)
})

test('an occurrence moves to the time that was typed, and the focus returns to the button', async () => {
  const onChange = showOccurrence(upcoming)

  press('Move…')
  type(/^Move to: time/, '05:30')
  press('Move')

  expect(onChange).toHaveBeenCalledExactlyOnceWith({ do: 'move', to: paris('27T05:30') })
  await waitFor(() => expect(screen.queryByLabelText(/^Move to: time/)).toBeNull())
  expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Move…' }))
})

test('a refused move keeps what was typed; giving up also takes the message away', async () => {
  showOccurrence(upcoming, refusal)

  press('Move…')
  type(/^Move to: time/, '05:30')
  press('Move')
  await screen.findByRole('alert')
  expect(screen.getByLabelText<HTMLInputElement>(/^Move to: time/).value).toBe('05:30')

  press('Cancel')
  expect(screen.queryByRole('alert')).toBeNull()
  expect(screen.getByRole('button', { name: 'Move…' }).getAttribute('aria-expanded')).toBe('false')
})
