// @vitest-environment node
import { expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import {
  calendarBucket,
  calendarItem,
  calendarOmission,
  calendarPile,
  calendarRun,
} from '../items/calendarFactory.ts'
import { itemKey, type CalendarItem } from '../items/calendarItem.ts'
import { calendarRange } from '../grid/calendarRange.ts'
import { monthCellContent, monthModel } from './monthModel.ts'

await loadTemporal()

const { days } = calendarRange('month', '2026-11-25', 'Europe/Paris')
const paris = (hours: number) => Date.parse('2026-11-25T00:00+01:00') + hours * 3_600_000

function cellOf(items: readonly CalendarItem[]) {
  const cell = monthModel(items, days, '2026-11').find(({ day }) => day.date === '2026-11-25')
  if (cell === undefined) throw new Error('25 November is not in the month')
  return cell
}

const rows = (count: number) => ({ room: count * 20, line: 20, entry: 20 })
const names = (items: readonly CalendarItem[]) => items.map(({ scheduleName }) => scheduleName)

test('days of the neighbouring months are shown, and known as such', () => {
  const cells = monthModel([], days, '2026-11')

  expect(cells).toHaveLength(42)
  expect(cells.filter(({ isInMonth }) => isInMonth)).toHaveLength(30)
})

test('failures come first, the rest by time', () => {
  const cell = cellOf([
    calendarRun('early', paris(1), 'succeeded'),
    calendarRun('late failure', paris(20), 'failed'),
    calendarRun('noon', paris(12), 'skipped'),
    calendarRun('early failure', paris(2), 'timed_out'),
  ])

  expect(names(cell.entries)).toEqual(['early failure', 'late failure', 'early', 'noon'])
})

test('a frequent schedule is one line with its count, its failures and its gaps', () => {
  const { lines, entries } = cellOf([
    calendarBucket('api-health', paris(0), { succeeded: 700, failed: 2 }, 12 * 3_600_000),
    calendarBucket('api-health', paris(12), { upcoming: 717 }, 12 * 3_600_000),
    calendarOmission('api-health', paris(22), paris(23), 21),
  ])

  expect(entries).toEqual([])
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({
    name: 'api-health',
    state: 'failed',
    counts: { total: 1419, failed: 2 },
    missed: 21,
  })
})

test('a line with failures comes before a longer one', () => {
  const { lines } = cellOf([
    calendarBucket('api-health', paris(0), { succeeded: 1440 }),
    calendarBucket('stripe-sync', paris(0), { succeeded: 284, failed: 4 }),
  ])

  expect(lines.map(({ name }) => name)).toEqual(['stripe-sync', 'api-health'])
})

test('a cell shows all that fits', () => {
  const cell = cellOf(
    ['a', 'b', 'c'].map((name, hours) => calendarItem({ scheduleName: name, startsAt: paris(hours) })),
  )

  expect(monthCellContent(cell, rows(3))).toMatchObject({ hiddenItems: [], hiddenCount: 0 })
  expect(names(monthCellContent(cell, rows(3)).entries)).toEqual(['a', 'b', 'c'])
})

test('where it does not fit, what went well gives way, and the order stays', () => {
  const cell = cellOf([
    calendarRun('a', paris(1), 'succeeded'),
    calendarRun('b', paris(2), 'succeeded'),
    calendarRun('c', paris(3), 'skipped'),
    calendarRun('d', paris(4), 'failed'),
    calendarBucket('frequent', paris(0), { succeeded: 100 }),
    calendarBucket('also frequent', paris(0), { succeeded: 90 }),
  ])

  const content = monthCellContent(cell, rows(5))

  expect(content.lines.map(({ name }) => name)).toEqual(['frequent', 'also frequent'])
  expect(names(content.entries)).toEqual(['d', 'a', 'c'])
  expect(names(content.hiddenItems)).toEqual(['b'])
  expect(content.hiddenCount).toBe(1)
})

test('what failed of frequent schedules has its line before anything that went well, the worst first', () => {
  const cell = cellOf([
    ...['a', 'b', 'c', 'd', 'e'].map((name, hours) => calendarRun(name, paris(hours), 'succeeded')),
    calendarBucket('api-health', paris(0), { succeeded: 1430, failed: 10 }),
    calendarBucket('crm-sync', paris(0), { failed: 24 }),
    calendarBucket('stripe-sync', paris(0), { succeeded: 284, failed: 4 }),
    calendarBucket('quiet', paris(0), { succeeded: 1440 }),
  ])

  const content = monthCellContent(cell, rows(4))

  expect(content.lines.map(({ name }) => name)).toEqual(['crm-sync', 'stripe-sync', 'api-health'])
  expect(names(content.entries)).toEqual(['a'])
  expect(content.hiddenFailed).toBe(0)
})

test('failures that do not fit are counted, and a single occurrence that failed comes before a schedule that fails now and then', () => {
  const cell = cellOf([
    calendarRun('nightly', paris(3), 'failed'),
    calendarBucket('api-health', paris(0), { succeeded: 1430, failed: 10 }),
    calendarRun('fine', paris(4), 'succeeded'),
  ])

  const content = monthCellContent(cell, rows(1))

  expect(names(content.entries)).toEqual(['nightly'])
  expect(content).toMatchObject({ lines: [], hiddenCount: 1441, hiddenFailed: 10 })
})

test('a gap, and what is tried again, come before what went well', () => {
  const cell = cellOf([
    calendarRun('fine', paris(1), 'succeeded'),
    calendarBucket('api-health', paris(0), { succeeded: 1420 }),
    calendarOmission('api-health', paris(22), paris(23), 21),
    calendarBucket('quiet', paris(0), { succeeded: 1440 }),
  ])

  const content = monthCellContent(cell, rows(1))

  expect(content.lines.map(({ name }) => name)).toEqual(['api-health'])
})

test('nothing is both shown and hidden, nothing is lost, however few rows there are', () => {
  const items = [
    ...Array.from({ length: 9 }, (_, hours) =>
      calendarRun(`run ${hours}`, paris(hours), hours % 4 === 0 ? 'failed' : 'succeeded'),
    ),
    ...['p', 'q', 'r'].map((name) => calendarBucket(name, paris(0), { upcoming: 24 })),
  ]
  const cell = cellOf(items)

  for (let count = 0; count <= 14; count += 1) {
    const { lines, entries, hiddenItems } = monthCellContent(cell, rows(count))
    const all = [...lines.flatMap((line) => line.items), ...entries, ...hiddenItems]

    expect(new Set(all).size).toBe(items.length)
    expect(all).toHaveLength(items.length)
    expect(lines.length + entries.length).toBeLessThanOrEqual(count)
  }
})

test('piles are part of what a cell hides, and of its counts', () => {
  const { days } = calendarRange('month', '2026-11-25', 'Europe/Paris')
  const at = days[10]?.start ?? 0
  const pile = calendarPile(at, { succeeded: 90, failed: 2 }, 24 * 3_600_000)
  const cell = monthModel([pile, calendarRun('a', at, 'failed')], days, '2026-11')[10]
  if (cell === undefined) throw new Error('No cell')

  expect(cell.density).toEqual([])
  expect(cell.counts).toMatchObject({ total: 93, failed: 3 })
  expect(monthCellContent(cell, { room: 100, line: 16, entry: 19 })).toMatchObject({
    hiddenItems: [pile],
    hiddenCount: 92,
    hiddenFailed: 2,
  })
})

test('what is open has a place where it would be folded, in that of another; where it has one it changes nothing', () => {
  const items = Array.from({ length: 6 }, (_, index) =>
    calendarItem({ scheduleName: `job ${index}`, startsAt: paris(index) }),
  )
  const cell = cellOf(items)
  const shown = (open: string) =>
    names(
      monthCellContent(
        cell,
        rows(2),
        (key) => key === itemKey(items.find((each) => each.scheduleName === open)!),
      ).entries,
    )

  expect(shown('job 0')).toEqual(['job 0', 'job 1'])
  expect(shown('job 4')).toEqual(['job 0', 'job 4'])
  expect(names(monthCellContent(cell, rows(0), (key) => key === itemKey(items[4]!)).entries)).toEqual([
    'job 4',
  ])
})
