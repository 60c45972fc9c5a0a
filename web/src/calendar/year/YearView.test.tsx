import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { askForNow } from '../grid/nowAsked.ts'
import { calendarRange } from '../grid/calendarRange.ts'
import { calendarDensity } from '../items/calendarFactory.ts'
import type { OutcomeCounts } from '../items/calendarItem.ts'
import { YearLegend, YearView } from './YearView.tsx'

const zone = 'Europe/Paris'
const at = (date: string) => Date.parse(`2026-${date}T00:00+01:00`)
const nothing = { total: 0, succeeded: 0, failed: 0, skipped: 0, running: 0, upcoming: 0 }
const counted = (date: string, counts: Partial<OutcomeCounts>) => ({
  ...calendarDensity(at(date), 0, 0, 86_400_000),
  ...nothing,
  ...counts,
})

beforeAll(() => loadTemporal())
afterEach(cleanup)

function show(items: Parameters<typeof YearView>[0]['items'] = [], weekStart = 1) {
  const onShowDay = vi.fn()
  const { days } = calendarRange('year', '2026-11-25', zone)
  const busy = <p>Busy hours</p>
  render(
    <YearView {...{ days, items, weekStart, busy, onShowDay }} now={at('11-25') + 5e7} timeZone={zone} />,
  )
  return onShowDay
}

const month = (name: string) => screen.getByRole('region', { name })
const day = (name: string | RegExp) => screen.getByRole('button', { name })

test('a day says its date and how its runs went, and opens with a press', () => {
  const onShowDay = show([counted('11-23', { total: 1004, failed: 4, succeeded: 1000 })])

  const busy = day('Monday 23 November 2026: 4 failed, 1,000 succeeded')
  expect(busy.title).toBe('Monday 23 November 2026: 4 failed, 1,000 succeeded, Europe/Paris')
  fireEvent.click(busy)

  expect(onShowDay).toHaveBeenCalledExactlyOnceWith('2026-11-23')
})

test('a day without anything says that, and opens too', () => {
  const onShowDay = show()

  fireEvent.click(day('Sunday 1 March 2026: nothing'))

  expect(onShowDay).toHaveBeenCalledExactlyOnceWith('2026-03-01')
})

test('today, and no other day, is marked as such', () => {
  show()

  const current = screen.getAllByRole('button').filter((each) => each.hasAttribute('aria-current'))
  expect(current).toEqual([day(/^Wednesday 25 November 2026/)])
  expect(current[0]?.getAttribute('aria-current')).toBe('date')
})

test('the head of a month sums its days, failures first; an empty month has no figures', () => {
  show([
    counted('11-02', { total: 1200, failed: 3, succeeded: 1197 }),
    counted('11-30', { total: 60, upcoming: 60 }),
  ])

  const headOf = (name: string) => within(month(name)).getByRole('heading').textContent
  expect(headOf('November 2026')).toBe('November3 failed 1,260')
  expect(headOf('October 2026')).toBe('October')
})

test('a day shows how many failed, and of thousands that they are', () => {
  show([
    counted('11-02', { total: 9, failed: 9 }),
    counted('11-03', { total: 4000, failed: 4000 }),
    counted('11-04', { total: 9, succeeded: 9 }),
  ])

  const figure = (date: RegExp) => day(date).querySelector('em')?.textContent
  expect(figure(/^Monday 2 November/)).toBe('9')
  expect(figure(/^Tuesday 3 November/)).toBe('1k')
  expect(figure(/^Wednesday 4 November/)).toBeUndefined()
})

test.each([
  [1, 'MTWTFSS', '6'],
  [7, 'SMTWTFS', undefined],
])(
  'weeks begin on weekday %i: its initial is first, and the 1st is below its own',
  (start, initials, lead) => {
    show([], start)

    // 1 November 2026 is a Sunday.
    const grid = month('November 2026').querySelector('.year-month')
    expect([...(grid?.querySelectorAll('i') ?? [])].map(({ textContent }) => textContent).join('')).toBe(
      initials,
    )
    const gap = grid?.querySelector<HTMLElement>(':scope > span')
    expect(gap?.style.gridColumn.match(/\d+/)?.[0]).toBe(lead)
  },
)

test('the year is one stop for Tab, which is today, and the arrow keys go from there', () => {
  show()
  const first = day(/^Wednesday 25 November/)
  const last = day(/^Thursday 31 December/)
  expect(screen.getAllByRole('button').filter(({ tabIndex }) => tabIndex === 0)).toEqual([first])

  first.focus()
  fireEvent.keyDown(first, { key: 'End' })

  expect(document.activeElement).toBe(last)
  expect([first.tabIndex, last.tabIndex]).toEqual([-1, 0])
})

test('all twelve months are there, and what is given is below them', () => {
  show()

  const year = screen.getByRole('group', { name: 'Year' })
  expect(within(year).getAllByRole('region')).toHaveLength(12)
  expect(year.lastElementChild?.textContent).toBe('Busy hours')
})

test('the legend names each colour', () => {
  render(<YearLegend />)

  const legend = screen.getByLabelText('Legend').textContent
  for (const meaning of [
    'Failed, few to many',
    'Only skipped or missed',
    'Ran, few to many',
    'Upcoming, few to many',
  ])
    expect(legend).toContain(meaning)
})

test('the month of today is in view, at first and whenever now is asked for', () => {
  const shown: (string | null)[] = []
  const scroll = vi.spyOn(Element.prototype, 'scrollIntoView').mockImplementation(function (this: Element) {
    shown.push(this.getAttribute('aria-label'))
  })

  show()
  expect(shown).toEqual(['November 2026'])
  act(askForNow)

  expect(shown).toEqual(['November 2026', 'November 2026'])
  scroll.mockRestore()
})
