import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { loadTemporal } from '../time/temporal.ts'
import { AgendaDay } from './agenda/AgendaDay.tsx'
import { CalendarContentView } from './CalendarContentView.tsx'
import {
  calendarBucket,
  calendarItem,
  calendarDensity,
  calendarOmission,
  calendarOmitted,
  calendarRun,
} from './items/calendarFactory.ts'
import { crowdedWeek } from './calendarWeekFactory.ts'
import type { CalendarItem } from './items/calendarItem.ts'
import { calendarRange, type CalendarView } from './grid/calendarRange.ts'
import type { ExcludedTime } from './items/excludedTimes.ts'
import { ItemPopover } from './details/ItemPopover.tsx'
import { weekModel } from './week/weekModel.ts'

const zone = 'Europe/Paris'
const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const now = paris('25T14:37:08')

beforeAll(loadTemporal)
afterEach(cleanup)

const show = (node: ReactNode) => render(<MantineProvider>{node}</MantineProvider>)

interface ShowOptions {
  view?: CalendarView
  date?: string
  isUnused?: boolean
  excluded?: readonly ExcludedTime[]
}

function showCalendar(items: readonly CalendarItem[] | null, options: ShowOptions = {}) {
  const { view = 'week', date = '2026-11-25', isUnused = false, excluded = [] } = options
  const onOpen = vi.fn()
  const onShow = vi.fn()
  show(
    <CalendarContentView
      range={calendarRange(view, date, zone)}
      items={items}
      excluded={excluded}
      problem={null}
      asOf={null}
      now={now}
      timeZone={zone}
      secondZone="UTC"
      openKeys={new Set()}
      isFiltered={false}
      isUnused={isUnused}
      hasPanel={false}
      aside={null}
      emptyAction={null}
      retryAction={null}
      onOpen={onOpen}
      onShow={onShow}
    />,
  )
  return { onOpen, onShow }
}

test('an occurrence is said with its name, date, time, zone and state', () => {
  showCalendar([calendarItem({ scheduleName: 'fx-rates', startsAt: paris('27T22:00') })])

  expect(
    screen.getByRole('button', { name: 'fx-rates, Fri 27 Nov 22:00 Europe/Paris, upcoming' }),
  ).toBeDefined()
})

test('a skipped run says why', () => {
  const reason = 'an earlier run has not finished'
  showCalendar([calendarRun('ledger-reconcile', paris('23T11:15'), 'skipped', { reason })])

  expect(
    screen.getByRole('button', { name: /^ledger-reconcile, .* skipped, an earlier run has not finished$/ }),
  ).toBeDefined()
})

test('the head of a day says how many runs it had, how many are due and how many failed', () => {
  showCalendar([
    calendarRun('tax-export', paris('25T00:00'), 'failed'),
    calendarBucket('api-health', paris('25T14:00'), { succeeded: 37, upcoming: 23 }),
  ])

  const head = screen.getByRole('columnheader', { name: /Wednesday 25 November 2026/ })

  expect(head.getAttribute('aria-current')).toBe('date')
  expect(head.textContent).toContain('1 failed')
  expect(head.textContent).toContain('38 runs · 23 due')
})

test('a click opens the item, and says what to give the focus back to', () => {
  const item = calendarRun('tax-export', paris('25T00:00'), 'failed')
  const { onOpen } = showCalendar([item])
  const chip = screen.getByRole('button', { name: /^tax-export/ })

  fireEvent.click(chip)

  expect(onOpen).toHaveBeenCalledWith([item], chip)
})

test('the grid is one stop for Tab, and the end key goes to its last item', () => {
  showCalendar([
    calendarItem({ scheduleName: 'first', startsAt: paris('23T03:00') }),
    calendarItem({ scheduleName: 'last', startsAt: paris('29T03:00') }),
  ])
  const [first, last] = [/^Monday 23/, /^last/].map((name) => screen.getByRole('button', { name }))
  expect([first?.tabIndex, last?.tabIndex]).toEqual([0, -1])

  first?.focus()
  fireEvent.keyDown(first as HTMLElement, { key: 'End' })

  expect(document.activeElement).toBe(last)
  expect([first?.tabIndex, last?.tabIndex]).toEqual([-1, 0])
})

test('what is frequent is one ribbon per day, said with its counts', () => {
  showCalendar([
    calendarBucket('stripe-sync', paris('24T09:00'), { succeeded: 8, failed: 4 }),
    calendarBucket('stripe-sync', paris('24T10:00'), { succeeded: 12 }),
  ])

  expect(
    screen.getByRole('button', { name: 'stripe-sync, Tue 24 Nov, 4 failed, 20 succeeded' }),
  ).toBeDefined()
})

test('5,000 occurrences are few enough elements to stay fast', () => {
  const { days } = calendarRange('week', '2026-11-25', zone)

  showCalendar(crowdedWeek(days, now, 5000))

  expect(screen.getAllByRole('button').length).toBeLessThan(600)
})

test('nothing is drawn below the end of the day', () => {
  const { days } = calendarRange('week', '2026-11-25', zone)
  const sizes = { least: 40, nudge: 8, maxColumns: 2, hasFixedColumns: false, maxFailures: 3 }

  const week = weekModel(crowdedWeek(days, now, 5000), days, {
    now,
    sizes,
    maxLanes: 4,
    laneOrder: 'most frequent',
  })
  const blocks = week.days.flatMap((day) => day.blocks)

  expect(blocks.flatMap(({ items }) => items)).toHaveLength(5000)
  expect(Math.max(...blocks.map(({ top, length }) => top + length))).toBeLessThanOrEqual(1440)
})

test('on a day of 25 hours the hour that comes twice is labelled with both offsets', () => {
  showCalendar([calendarItem({ startsAt: Date.parse('2026-10-25T02:30+01:00') })], { date: '2026-10-25' })

  expect(screen.getByText('+02')).toBeDefined()
  expect(screen.getByText('+01')).toBeDefined()
  expect(screen.getByText('25 h')).toBeDefined()
})

test('the month has a frequent schedule in one line and the rest behind a count', () => {
  const runs = Array.from({ length: 9 }, (_, hour) =>
    calendarRun(`run-${hour}`, paris(`25T0${hour}:00`), 'succeeded'),
  )
  const { onShow } = showCalendar(
    [calendarBucket('api-health', paris('25T00:00'), { succeeded: 870, failed: 2, upcoming: 568 }), ...runs],
    { view: 'month' },
  )
  expect(
    screen.getByRole('button', { name: /^api-health, .*2 failed, 870 succeeded, 568 upcoming/ }),
  ).toBeDefined()

  fireEvent.click(screen.getByRole('button', { name: /more on Wed 25 Nov: \d succeeded/ }))

  expect(onShow).toHaveBeenCalledExactlyOnceWith('agenda', '2026-11-25')
})

test.each(['week', 'month'] as const)('in the %s the number of a day opens that day', (view) => {
  const { onShow } = showCalendar([], { view })

  fireEvent.click(screen.getByRole('button', { name: 'Friday 27 November 2026' }))

  expect(onShow).toHaveBeenCalledExactlyOnceWith('day', '2026-11-27')
})

test('the head of the day view counts each outcome, failures first, also of what is only counted', () => {
  showCalendar(
    [
      calendarRun('nightly', paris('25T03:00'), 'succeeded'),
      calendarRun('tax-export', paris('25T00:00'), 'failed'),
      calendarBucket('api-health', paris('25T14:00'), { succeeded: 37, upcoming: 1023 }),
      calendarDensity(paris('25T07:00'), 1034, 3),
    ],
    { view: 'day' },
  )

  const head = screen.getByRole('columnheader', { name: /Wednesday 25 November 2026/ })
  expect(head.getAttribute('aria-current')).toBe('date')
  expect(
    within(head)
      .getAllByRole('listitem')
      .map((item) => item.textContent),
  ).toEqual(['4 failed', '2,054 upcoming', '38 succeeded'])
})

test('each ribbon of the day view is under its schedule’s name, and opens', () => {
  const buckets = ['api-health', 'stripe-sync'].map((name) =>
    calendarBucket(name, paris('25T09:00'), { succeeded: 8, failed: name === 'stripe-sync' ? 4 : 0 }),
  )
  const { onOpen } = showCalendar(buckets, { view: 'day' })

  const names = [screen.getByTitle('stripe-sync'), screen.getByTitle('api-health')]
  expect([...(names[0]?.parentElement?.children ?? [])]).toEqual(names)

  const ribbon = screen.getByRole('button', { name: 'stripe-sync, Wed 25 Nov, 4 failed, 8 succeeded' })
  fireEvent.click(ribbon)
  expect(onOpen).toHaveBeenCalledExactlyOnceWith([buckets[1]], ribbon)
})

test('what began before the day that shows it says from when', () => {
  const gap = calendarOmission('fx-rates', paris('20T22:00'), paris('26T22:00'), 4)
  showCalendar([gap], { view: 'day' })

  expect(screen.getByRole('button', { name: /^fx-rates/ }).querySelector('em')?.textContent).toBe('×4')
  cleanup()

  showCalendar([{ ...gap, total: 1 }], { view: 'day' })
  expect(screen.getByRole('button', { name: /^fx-rates/ }).querySelector('time')?.textContent).toBe(
    'from Fri 20 Nov',
  )
})

test('a day of 25 hours alone shows the hour that comes twice with both offsets', () => {
  const items = ['+02:00', '+01:00'].map((offset) =>
    calendarItem({ startsAt: Date.parse(`2026-10-25T02:30${offset}`) }),
  )
  showCalendar(items, { view: 'day', date: '2026-10-25' })

  expect(screen.getByText('25 h')).toBeDefined()
  expect([screen.getByText('02:30 +02'), screen.getByText('02:30 +01')]).toHaveLength(2)
})

test('where there is too much the grid shows counts, and the notice says so', () => {
  showCalendar([calendarDensity(paris('23T00:00'), 1200, 12), calendarDensity(paris('24T07:00'), 34)])

  expect(
    screen.getByText(/1,234 runs and occurrences are shown as counts/).parentElement?.textContent,
  ).toContain('12 of them failed')
  expect(screen.getByText('All schedules from 07:00: 34 upcoming')).toBeDefined()
  expect(screen.getByRole('columnheader', { name: /Tuesday 24/ }).textContent).toContain('34 due')
})

test('in the month a day of counts says how many and how they went, and opens', () => {
  const { onShow } = showCalendar([calendarDensity(paris('24T07:00'), 3400, 12)], { view: 'month' })

  fireEvent.click(
    screen.getByRole('button', { name: 'Tue 24 Nov, all schedules together: 12 failed, 3,388 upcoming' }),
  )

  expect(onShow).toHaveBeenCalledExactlyOnceWith('day', '2026-11-24')
})

const christmas = {
  calendar: 'holidays',
  label: 'Christmas',
  start: paris('26T00:00'),
  end: paris('27T00:00'),
}

test('an occurrence that a calendar leaves out is drawn, and says that it will not run and why', () => {
  showCalendar([calendarOmitted('fx-rates', paris('26T22:00'), 'excluded')], { excluded: [christmas] })

  const label = 'fx-rates, Thu 26 Nov 22:00 Europe/Paris, will not run, excluded by a calendar'
  expect(screen.getByRole('button', { name: label })).toBeDefined()
  const head = screen.getByRole('columnheader', { name: /Thursday 26 November 2026/ })
  expect(head.textContent).toContain('Excluded: Christmas')
  expect(head.textContent).toContain('1 skipped')
})

test('what is postponed says its nominal time, with the date where that is another', () => {
  const items = [
    calendarItem({ startsAt: paris('27T00:00'), scheduledFor: paris('26T03:00'), reason: 'held' }),
  ]
  showCalendar(items)

  const label =
    'nightly-rollup, Fri 27 Nov 00:00 Europe/Paris, postponed by a calendar, nominal time Thu 26 Nov 03:00'
  expect(screen.getByRole('button', { name: label })).toBeDefined()
})

test('a part of a day that is excluded is shown in its column, in the month in the head of its cell', () => {
  const freeze = { ...christmas, label: 'Freeze', start: paris('26T13:00') }
  showCalendar([], { excluded: [freeze] })
  expect(screen.getByTitle(/^Freeze, excluded/).textContent).toBe('Freeze, excluded 13:00–24:00')
  cleanup()

  showCalendar([], { excluded: [freeze], view: 'month' })
  expect(screen.getByText('Excluded: Freeze 13:00–24:00')).toBeDefined()
})

test('while the content is on its way the page says so', () => {
  showCalendar(null)

  expect(screen.getByRole('status', { name: 'Loading the calendar' })).toBeDefined()
})

test('only where there is no schedule at all the first step is in place of the grid', () => {
  showCalendar([], { isUnused: true })
  expect(screen.getByRole('heading', { name: 'No schedules yet' })).toBeDefined()
  cleanup()

  showCalendar([])
  expect(screen.getByRole('grid', { name: 'Week' })).toBeDefined()
})

test('the list of a day joins what went alike at one minute, and has now between past and future', () => {
  const { days } = calendarRange('week', '2026-11-25', zone)
  const midnight = ['a', 'b', 'c'].map((name) => calendarRun(name, paris('25T00:00'), 'succeeded'))
  const items = [...midnight, calendarItem({ scheduleName: 'later', startsAt: paris('25T16:00') })]
  const nothing = () => undefined

  show(
    <AgendaDay
      {...{ days, items, excluded: [], now, timeZone: zone, date: '2026-11-25' }}
      onOpen={nothing}
      onShowDay={nothing}
    />,
  )

  const rows = within(screen.getByRole('list')).getAllByRole('listitem')
  expect(rows.map((row) => row.textContent)).toEqual([
    expect.stringContaining('3 schedules'),
    '14:37',
    expect.stringContaining('later'),
  ])
})

test('the details have state, times in both zones, rule, reason, last outcomes and what can be done, and close', () => {
  const onClose = vi.fn()
  const item = calendarRun('tax-export', paris('25T00:00'), 'failed')
  const detail = {
    timeZone: 'America/New_York',
    rule: 'At 18:00 every day',
    ruleText: '0 18 * * *',
    isSystem: false,
    mayChange: true,
    error: 'relation "tax_lines" does not exist',
    note: null,
    progress: null,
    lastOutcomes: [{ runId: '7', state: 'failed', at: paris('25T00:00'), took: 144_000 } as const],
  }
  show(
    <ItemPopover
      item={item}
      timeZone={zone}
      detail={detail}
      why="It ran and failed."
      actions={<button type="button">Trigger now</button>}
      anchor={() => null}
      onClose={onClose}
      onLeave={() => undefined}
    />,
  )

  const dialog = screen.getByRole('dialog', { name: 'tax-export' })

  for (const text of [
    'Failed',
    'Wed 25 Nov 00:00 Europe/Paris +01',
    'Tue 24 Nov 18:00 America/New_York −05',
    'At 18:00 every day 0 18 * * *',
    'It ran and failed.',
    'does not exist',
    '2:24',
  ])
    expect(dialog.textContent).toContain(text)
  expect(document.activeElement).toBe(within(dialog).getByRole('heading', { name: 'tax-export' }))
  fireEvent.click(within(dialog).getByRole('button', { name: 'Close' }))
  expect(onClose).toHaveBeenCalledOnce()
})
