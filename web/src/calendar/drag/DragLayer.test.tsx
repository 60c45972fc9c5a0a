import { MantineProvider } from '@mantine/core'
import { Notifications, notifications } from '@mantine/notifications'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { Client, CombinedError, Provider, type Exchange, type OperationResult } from 'urql'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { delay, filter, map, pipe } from 'wonka'
import { useShownZones } from '../../panel/shownZones.ts'
import { loadTemporal } from '../../time/temporal.ts'
import type { CalendarChanges } from '../changes/useOccurrenceChanges.ts'
import { zonedDay } from '../grid/zonedDay.ts'
import { calendarItem } from '../items/calendarFactory.ts'
import { itemKey } from '../items/calendarItem.ts'
import { DragLayer } from './DragLayer.tsx'

// Code for later is fetched at once.
vi.hoisted(() => {
  vi.stubGlobal('requestIdleCallback', (run: () => void) => run())
})

const zone = 'Europe/Paris'
const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const item = calendarItem({ scheduleName: 'fx-rates', scheduleId: '12', startsAt: paris('27T10:00') })

const schedule = {
  rowId: '12',
  kind: 'cron',
  cronExpression: '0 10 * * *',
  every: null,
  runAt: null,
  startsAt: '2026-01-01T00:00:00+00:00',
  endsAt: '2027-01-01T00:00:00+00:00',
  timezone: 'America/New_York',
}
const nextRule = { changes: { cron_expression: '15 10 * * *' }, earlier: '0', note: null }
const moved = (count: string) => [{ change: 'moved', wasDueAt: null, dueAt: null, count }]

interface Answers {
  closed?: readonly { startsAt: string | null; endsAt: string | null; reason: string; label: string | null }[]
  rule?: { changes: Record<string, string> | null; earlier: string; note: string | null } | string
  preview?: readonly { change: string; wasDueAt: null; dueAt: null; count: string }[] | null
}

/** The calendar with one occurrence, before a database that answers after a moment. */
function showCalendar({ closed = [], rule = nextRule, preview = moved('30') }: Answers = {}) {
  const asked: { name: string; variables: Record<string, unknown> }[] = []
  const exchange: Exchange = () => (operations) =>
    pipe(
      operations,
      filter(({ kind }) => kind === 'query'),
      map((operation): OperationResult => {
        const [name = ''] = operation.query.definitions.flatMap((definition) =>
          'name' in definition && definition.name ? definition.name.value : [],
        )
        asked.push({ name, variables: { ...operation.variables } })
        const own = { operation, stale: false, hasNext: false }
        if (name === 'MovePlan' && typeof rule === 'string')
          return { ...own, data: undefined, error: new CombinedError({ graphQLErrors: [rule] }) }
        const data: Record<string, unknown> = {
          ClosedTimes: { closedTimes: closed, schedules: { nodes: [schedule] } },
          MovePlan: { ruleForMove: rule, schedules: { nodes: [schedule] } },
          PreviewMove: { previewChange: preview },
        }
        return { ...own, data: data[name] }
      }),
      delay(1),
    )
  const client = new Client({ url: 'http://test', preferGetMethod: false, exchanges: [exchange] })
  const changes = {
    occurrence: vi.fn<CalendarChanges['occurrence']>(() => Promise.resolve(null)),
    following: vi.fn<CalendarChanges['following']>(() => Promise.resolve()),
    split: vi.fn<CalendarChanges['split']>(() => Promise.resolve('8')),
    pause: vi.fn<CalendarChanges['pause']>(),
    resume: vi.fn<CalendarChanges['resume']>(),
  }
  render(
    <MantineProvider>
      <Notifications />
      <Provider value={client}>
        <DragLayer
          view="week"
          start={paris('26T00:00')}
          end={paris('29T00:00')}
          changes={changes}
          days={['2026-11-26', '2026-11-27', '2026-11-28'].map((date) => zonedDay(date, zone))}
          items={[item]}
          timeZone={zone}
          now={paris('26T06:00')}
          whyKept={() => null}
          tellKept={() => undefined}
          showDate={() => undefined}
          onSplit={() => undefined}
        >
          <div data-day="2026-11-26" />
          <div data-day="2026-11-27">
            <button data-item={itemKey(item)}>fx-rates</button>
          </div>
          <div data-day="2026-11-28" />
        </DragLayer>
      </Provider>
    </MantineProvider>,
  )
  const chip = screen.getByText('fx-rates')
  chip.focus()
  const key = (name: string, own: KeyboardEventInit = {}) =>
    fireEvent.keyDown(document.activeElement ?? document.body, { key: name, ...own })
  return {
    asked,
    changes,
    chip,
    key,
    hold: (name = 'ArrowDown') => key(name, { altKey: true }),
    drop: async () => {
      key('Enter')
      return within(await screen.findByRole('dialog'))
    },
  }
}
const said = () => screen.getAllByRole('status')[0]?.textContent
const isGone = () => waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())

beforeAll(async () => {
  await loadTemporal()
  // What comes later is there by then, however busy the machine is.
  await import('./DropPanel.tsx')
})
afterEach(() => {
  notifications.clean()
  cleanup()
})

function ShownZones() {
  return <p>Shown: {useShownZones().join(', ')}</p>
}

test('the zone of its schedule counts as one that the page shows, as long as it is held', async () => {
  const { hold, key } = showCalendar()
  render(<ShownZones />)
  expect(screen.getByText(/^Shown:/).textContent).toBe('Shown: ')

  hold()
  await screen.findByText('Shown: America/New_York')

  key('Escape')
  await screen.findByText(/^Shown:$/)
})

test('what is held is said with its new time and how far it goes, and no more once it is put back', () => {
  const { hold, key } = showCalendar()
  expect(said()).toBe('')

  hold()
  expect(said()).toBe('fx-rates to Fri 27 Nov 10:15 Europe/Paris, +15 min')

  key('Escape')
  expect(said()).toBe('')
})

test('the ghost shows the new time in the zone of the calendar and in that of the schedule', async () => {
  const { hold } = showCalendar()

  hold()

  const ghost = document.querySelector('.drag-ghost')
  await waitFor(() => expect(ghost?.textContent).toBe('fx-rates10:15 Paris04:15 New York+15 min'))
})

test('the bar shows from when to when it is moved', () => {
  const { hold } = showCalendar()

  hold('ArrowRight')

  expect(document.querySelector('.drag-bar')?.textContent).toMatch(
    /^Moving fx-rates Fri 27 Nov 10:00 → Sat 28 Nov 10:00/,
  )
})

test('the database is asked what is closed only for what is held, in the window of the calendar', async () => {
  const { asked, hold, key } = showCalendar()
  expect(asked).toEqual([])

  hold()
  await screen.findByText(/New York/)
  expect(asked.at(-1)).toEqual({
    name: 'ClosedTimes',
    variables: {
      schedule: 'fx-rates',
      scheduleId: '12',
      start: '2026-11-25T23:00:00.000Z',
      end: '2026-11-28T23:00:00.000Z',
    },
  })

  // A step further it need not be asked again.
  const before = asked.length
  key('ArrowDown')
  expect(said()).toMatch(/10:30/)
  expect(asked).toHaveLength(before)
})

test('a time that the database has closed is said and shown with its reason', async () => {
  const { hold } = showCalendar({
    closed: [
      { startsAt: null, endsAt: null, reason: 'excluded', label: 'Without a range' },
      {
        startsAt: '2026-11-27T09:00:00Z',
        endsAt: '2026-11-27T11:00:00Z',
        reason: 'excluded',
        label: 'Maintenance',
      },
    ],
  })

  hold()

  const why = 'Maintenance, excluded 10:00–12:00'
  await waitFor(() => expect(said()).toBe(`Not allowed: ${why}`))
  expect(document.querySelector('.drag-ghost[data-closed] em')?.textContent).toBe(why)
  expect(document.querySelector('.drag-bar [data-closed]')?.textContent).toBe(why)
})

test('a drop asks what it means, with both times in both zones', async () => {
  const { hold, drop } = showCalendar()
  hold()

  const panel = await drop()

  await panel.findByText(/^America/)
  const heading = panel.getByRole('heading', {
    name: 'Move fx-rates on Fri 27 Nov from 10:00 to 10:15?',
  })
  expect(document.activeElement).toBe(heading)
  const rows = [...document.querySelectorAll('.drop-panel form > dl > div')]
  expect(rows.map(({ textContent }) => textContent)).toEqual([
    'Europe/Paris +0110:00 → 10:15',
    'America/New_York −0504:00 → 04:15',
  ])
})

test('a drop on another day names the day', async () => {
  const { hold, drop } = showCalendar()
  hold('ArrowRight')

  const panel = await drop()

  expect(panel.getByRole('heading').textContent).toBe(
    'Move fx-rates on Fri 27 Nov from 10:00 to Sat 28 Nov 10:00?',
  )
})

test('this occurrence alone is moved, with the reason as written but for spaces around it', async () => {
  const { hold, drop, changes, chip } = showCalendar()
  hold()
  const panel = await drop()

  fireEvent.change(panel.getByLabelText('Reason'), { target: { value: ' late rates ' } })
  fireEvent.click(panel.getByRole('button', { name: 'Move' }))

  await isGone()
  expect(changes.occurrence.mock.calls).toEqual([[item, { do: 'move', to: paris('27T10:15') }, 'late rates']])
  expect(changes.following).not.toHaveBeenCalled()
  expect(document.activeElement).toBe(chip)
})

test('without a reason none is sent, and Enter moves', async () => {
  const { hold, drop, key, changes } = showCalendar()
  hold()
  await drop()

  key('Enter')

  await isGone()
  expect(changes.occurrence.mock.calls).toEqual([[item, { do: 'move', to: paris('27T10:15') }, null]])
})

test.each([
  ['Esc', (key: (name: string) => boolean) => key('Escape')],
  ['Cancel', () => fireEvent.click(screen.getByRole('button', { name: 'Cancel' }))],
  ['a press elsewhere', () => fireEvent.pointerDown(document.body)],
])('%s puts it back and moves nothing', async (_, leave) => {
  const { hold, drop, key, changes, chip } = showCalendar()
  hold()
  await drop()

  leave(key)

  await isGone()
  expect(document.querySelector('.drag-ghost')).toBeNull()
  expect(changes.occurrence).not.toHaveBeenCalled()
  expect(document.activeElement).toBe(chip)
})

test('a refusal is said with its reason', async () => {
  const { hold, drop, key, changes } = showCalendar()
  changes.occurrence.mockResolvedValue({
    message: 'It has already started',
    code: null,
    detail: null,
    hint: null,
    field: null,
  })
  hold()
  await drop()

  key('Enter')

  expect(await screen.findByText(/^Could not move fx-rates: It has already started/)).toBeDefined()
})

test('this and following shows the rule before and after, counts, and is moved by the plan', async () => {
  const { asked, hold, drop, key, changes } = showCalendar()
  hold()
  const panel = await drop()
  await panel.findByText('30 moved within 30 days.')

  expect(panel.getByText('The rule changes from Fri 27 Nov 10:00 on.')).toBeDefined()
  expect(panel.getByText('0 10 * * *')).toBeDefined()
  expect(panel.getByText('15 10 * * *')).toBeDefined()
  key('2')
  expect(panel.queryByLabelText('Reason')).toBeNull()
  fireEvent.click(panel.getByRole('button', { name: 'Move 30' }))

  await isGone()
  expect(changes.occurrence).not.toHaveBeenCalled()
  expect(changes.following).toHaveBeenCalledExactlyOnceWith(
    item,
    paris('27T10:15'),
    expect.objectContaining({
      changes: { cron_expression: '15 10 * * *' },
      previous: { cron_expression: '0 10 * * *' },
      canSplit: false,
      earlier: 0,
      endsAt: schedule.endsAt,
    }),
  )
  expect(asked.find(({ name }) => name === 'MovePlan')?.variables).toMatchObject({
    occurrence: item.nominal,
    to: '2026-11-27T09:15:00.000Z',
  })
})

test('where some come before it, it says that the schedule is split, and counts from there', async () => {
  const { asked, hold, drop } = showCalendar({ rule: { ...nextRule, earlier: '3' }, preview: null })
  hold('ArrowLeft')
  const panel = await drop()

  expect(await panel.findByText(/^3 upcoming occurrences come before it/)).toBeDefined()
  expect(panel.getByText('Counting…')).toBeDefined()
  expect(asked.find(({ name }) => name === 'PreviewMove')?.variables['from']).toBe('2026-11-26T09:00:00.000Z')
})

test.each([
  ['as the plan says', { changes: null, earlier: '0', note: 'It runs on one day only.' }],
  ['as the database refuses', 'It runs on one day only.'],
])('where no rule says it, %s, only this one can be moved', async (_, rule) => {
  const { hold, drop, key } = showCalendar({ rule })
  hold()
  const panel = await drop()

  expect(await panel.findByText(/^It runs on one day only\./)).toBeDefined()
  const [alone, following] = panel.getAllByRole<HTMLInputElement>('radio')
  expect(following?.disabled).toBe(true)
  key('2')
  expect(alone?.checked).toBe(true)
})

test('digits choose, but not while a reason is written', async () => {
  const { hold, drop, key } = showCalendar()
  hold()
  const panel = await drop()
  await panel.findByText('30 moved within 30 days.')
  const following = panel.getAllByRole<HTMLInputElement>('radio')[1]

  fireEvent.keyDown(panel.getByLabelText('Reason'), { key: '2' })
  expect(following?.checked).toBe(false)
  key('2')
  expect(following?.checked).toBe(true)
  key('1')
  expect(following?.checked).toBe(false)
})
