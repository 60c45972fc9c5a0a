import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Problem } from '../graphql/error.ts'
import { loadTemporal } from '../time/temporal.ts'
import { AddEntryForm } from './AddEntryForm.tsx'
import { CalendarTable } from './CalendarTable.tsx'
import type { Entry } from './entry.ts'
import { EntryTable } from './EntryTable.tsx'
import { ImportForm } from './ImportForm.tsx'
import { RuleList } from './RuleList.tsx'
import type { Windows } from './useWindows.ts'

beforeAll(loadTemporal)
afterEach(cleanup)

const show = (node: ReactNode) => render(<MantineProvider env="test">{node}</MantineProvider>)

function showAdd({
  refused = null,
  windows = null,
}: { refused?: Problem | null; windows?: Windows | null } = {}) {
  const onAdd = vi.fn(() => Promise.resolve(refused))
  show(<AddEntryForm zone="Europe/Paris" useWindows={() => windows} onAdd={onAdd} />)
  return onAdd
}

const type = (label: RegExp | string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } })
const add = () => fireEvent.click(screen.getByRole('button', { name: 'Add' }))

test('dates are added, and the form is ready for the next', async () => {
  const onAdd = showAdd()

  type('From', '2026-12-25')
  type(/^Name/, 'Christmas')
  add()

  expect(onAdd).toHaveBeenCalledWith({
    kind: 'dates',
    label: 'Christmas',
    startsOn: '2026-12-25',
    endsOn: null,
  })
  await waitFor(() => expect(screen.getByLabelText<HTMLInputElement>('From').value).toBe(''))
})

test('what is missing is said, and nothing is sent', () => {
  const onAdd = showAdd()

  add()

  expect(screen.getByRole('alert').textContent).toBe('Choose a date.')
  expect(onAdd).not.toHaveBeenCalled()
})

test('what the database refuses is said in place, and what was typed stays', async () => {
  const message = 'The range ends before it starts.'
  showAdd({ refused: { message, code: 'AL015', detail: null, hint: null, field: 'ends_at' } })

  fireEvent.click(screen.getByRole('radio', { name: 'Blackout' }))
  for (const [field, clock] of [
    ['Starts', '13:00'],
    ['Ends', '12:00'],
  ]) {
    type(`${field}: date`, '2026-12-01')
    type(`${field}: time`, clock!)
  }
  add()

  expect((await screen.findByRole('alert')).textContent).toContain(message)
  expect(screen.getByLabelText<HTMLInputElement>('Ends: time').value).toBe('12:00')
})

test('a recurring window shows when it begins next', () => {
  showAdd({ windows: { starts: ['2026-12-01T21:00:00Z'], problem: null, position: null } })

  fireEvent.click(screen.getByRole('radio', { name: 'Recurring' }))

  expect(screen.getByRole('listitem').textContent).toBe('Tue 1 Dec 2026 22:00for 8 hours')
})

test('a wrong cron expression is said at its field, and not sent', () => {
  const onAdd = showAdd({ windows: { starts: [], problem: '25 is not between 0 and 23.', position: 3 } })

  fireEvent.click(screen.getByRole('radio', { name: 'Recurring' }))
  type('Cron expression', '0 25 * * *')
  add()

  expect(screen.getByLabelText('Cron expression').getAttribute('aria-invalid')).toBe('true')
  expect(onAdd).not.toHaveBeenCalled()
})

const christmas: Entry = {
  rowId: '7',
  label: 'Christmas',
  startsOn: '2026-12-25',
  endsOn: null,
  startsAt: null,
  endsAt: null,
  cronExpression: null,
  duration: null,
  source: null,
  timezone: null,
}

test('a window with a zone of its own says it', () => {
  const window = { cronExpression: '0 22 * * 1', duration: { hours: 2 }, timezone: 'Asia/Tokyo' } as const
  show(<EntryTable entries={[{ ...christmas, startsOn: null, ...window }]} zone="UTC" onRemove={null} />)

  expect(screen.getByRole('cell', { name: /for 2 hours, Asia\/Tokyo/ })).toBeDefined()
})

test('the rules of series that go on are listed, and removed by a button that names them', () => {
  const onRemove = vi.fn()
  const rule = { rowId: '3', label: 'Sprint', knownUntil: '2032-01-01T00:00:00Z', source: 'a.ics' }
  show(<RuleList rules={[rule]} onRemove={onRemove} />)

  expect(screen.getByRole('listitem').textContent).toContain('Sprintknown until Thu 1 Jan 2032')
  fireEvent.click(screen.getByRole('button', { name: 'Remove Sprint and its entries' }))
  expect(onRemove).toHaveBeenCalledWith(rule)
})

test('an entry is removed by a button that names it; viewers have none', () => {
  const onRemove = vi.fn()
  show(<EntryTable entries={[christmas]} zone="UTC" onRemove={onRemove} />)
  fireEvent.click(screen.getByRole('button', { name: 'Remove Christmas' }))
  expect(onRemove).toHaveBeenCalledWith(christmas)
  cleanup()

  show(<EntryTable entries={[christmas]} zone="UTC" onRemove={null} />)
  expect(screen.queryByRole('button')).toBeNull()
})

test('where entries came from is said once any was imported', () => {
  show(<EntryTable entries={[christmas]} zone="UTC" onRemove={null} />)
  expect(screen.queryByRole('columnheader', { name: 'From' })).toBeNull()
  cleanup()

  show(<EntryTable entries={[{ ...christmas, source: 'fr.ics' }]} zone="UTC" onRemove={null} />)
  expect(screen.getByRole('cell', { name: 'fr.ics' })).toBeDefined()
})

test('of many schedules that use a calendar the first are named', () => {
  const users = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ rowId: name, name }))
  const own = { rowId: '1', name: 'Holidays', timezone: null, description: null, entryCount: 1234, users }
  show(<CalendarTable calendars={[own]} calendarLink={(_, name) => name} />)

  const row = within(screen.getByRole('row', { name: /Holidays/ }))
  expect(row.getByRole('cell', { name: 'a, b, c and 2 more' })).toBeDefined()
  expect(row.getByRole('cell', { name: 'Each schedule’s own' })).toBeDefined()
})

function choose(text: string) {
  const onImport = vi.fn(() => Promise.resolve(null))
  const { container } = show(<ImportForm timezone={null} zone="UTC" onImport={onImport} />)
  const input = container.querySelector('input[type=file]')
  fireEvent.change(input as Element, { target: { files: [new File([text], 'fr.ics')] } })
  return onImport
}

test('a file says what is in it before it is imported', async () => {
  const lines = ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'UID:1', 'SUMMARY:Noël', 'DTSTART;VALUE=DATE:20261225']
  const onImport = choose([...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n'))

  fireEvent.click(await screen.findByRole('button', { name: 'Import 1' }))

  expect(screen.getByText(/has 1 date/)).toBeDefined()
  expect(onImport).toHaveBeenCalledWith(
    'fr.ics',
    expect.objectContaining({ entries: [{ label: 'Noël', starts_on: '2026-12-25', ends_on: '2026-12-25' }] }),
  )
})

test('what is left out of a file, and which series continue, is said', async () => {
  const lines = [
    'BEGIN:VCALENDAR',
    'BEGIN:VEVENT',
    'SUMMARY:Sprint',
    'DTSTART:20260105',
    'RRULE:FREQ=WEEKLY;INTERVAL=2',
  ]
  const bad = ['END:VEVENT', 'BEGIN:VEVENT', 'SUMMARY:Bad', 'DTSTART:tomorrow', 'END:VEVENT', 'END:VCALENDAR']
  choose([...lines, ...bad, ''].join('\r\n'))

  expect((await screen.findByRole('listitem')).textContent).toBe('Bad (line 7): tomorrow is not a time.')
  expect(
    screen.getByText(/^One series continues after \d{4}: workers add further occurrences\.$/),
  ).toBeDefined()
})

test('a file that is not a calendar is refused with the reason', async () => {
  choose('<!doctype html>')

  expect((await screen.findByRole('alert')).textContent).toContain('This is not a calendar file')
})
