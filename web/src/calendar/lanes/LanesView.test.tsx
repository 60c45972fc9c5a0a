import { cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { calendarRange } from '../grid/calendarRange.ts'
import { calendarBucket, calendarItem, calendarOmission, calendarRun } from '../items/calendarFactory.ts'
import { itemKey, type CalendarItem } from '../items/calendarItem.ts'
import type { ExcludedTime } from '../items/excludedTimes.ts'
import type { UsualDurations } from '../items/usualDurations.ts'
import type { LaneSchedule } from './lanesModel.ts'
import { LanesView } from './LanesView.tsx'

const zone = 'Europe/Paris'
const at = (clock: string) => Date.parse(`2026-11-25T${clock}+01:00`)
const now = at('14:37:08')
const minute = 60_000

beforeAll(async () => {
  await loadTemporal()
  // jsdom lays nothing out: without a height no row would be in view.
  Object.defineProperty(Element.prototype, 'clientHeight', { value: 800 })
  Element.prototype.scrollTo = () => undefined
})
afterEach(cleanup)

const schedule = (name: string, own: Partial<LaneSchedule> = {}): LaneSchedule => ({
  scheduleId: name,
  name,
  tags: [],
  status: 'active',
  calendars: [],
  isSystem: false,
  nextAt: null,
  ...own,
})

interface Given {
  schedules?: readonly LaneSchedule[]
  items?: readonly CalendarItem[]
  excluded?: readonly ExcludedTime[]
  usual?: UsualDurations
  capacity?: number | null
  openKeys?: ReadonlySet<string>
  shownNow?: number
}

function show(given: Given = {}) {
  const { schedules = [], items = [], excluded = [], usual = new Map(), capacity = null } = given
  const onOpen = vi.fn()
  const { days, start, end } = calendarRange('day', '2026-11-25', zone)
  const { container } = render(
    <LanesView
      {...{ days, start, end, schedules, items, excluded, usual, capacity, onOpen }}
      now={given.shownNow ?? now}
      timeZone={zone}
      openKeys={given.openKeys ?? new Set()}
      scheduleLink={(_, name) => <a href={`#${name}`}>{name}</a>}
      spanChoice={<button type="button">24 h</button>}
    />,
  )
  return { onOpen, container }
}

const heads = () => screen.getAllByRole('rowheader').map(({ textContent }) => textContent)
const head = (name: RegExp) => screen.getByRole('rowheader', { name })
const choice = (name: string | RegExp) => screen.getByRole<HTMLButtonElement>('button', { name })
const block = (name: RegExp) => screen.getByRole('button', { name })

test('a lane says how its schedule fares, links to it, and says when it is due next', () => {
  show({
    schedules: [schedule('tax-export', { nextAt: now + 90 * minute + 5000 })],
    items: [calendarRun('tax-export', at('03:00'), 'failed')],
  })

  const lane = within(head(/tax-export/))
  expect(lane.getByRole('img', { name: 'Failed' })).toBeDefined()
  expect(lane.getByRole('link', { name: 'tax-export' })).toBeDefined()
  expect(lane.getByText('in 1 h 30 min').getAttribute('datetime')).toBe('2026-11-25T15:07:13.000Z')
})

test('a lane leaves the seconds out of its countdown, and says of a paused schedule only that it is', () => {
  show({
    schedules: [
      schedule('soon', { nextAt: now + 12 * minute + 30_000 }),
      schedule('held', { status: 'paused' }),
    ],
  })

  expect(head(/soon/).textContent).toMatch(/in 12 min$/)
  expect(head(/held/).textContent).toMatch(/paused$/)
})

test('the head of a group says how many schedules it has and what happened to their runs', () => {
  show({
    schedules: [schedule('a', { tags: ['ops'] }), schedule('b', { tags: ['ops'], status: 'paused' })],
    items: [
      calendarRun('a', at('03:00'), 'timed_out'),
      calendarBucket('a', at('09:00'), { succeeded: 8, failed: 1233 }),
    ],
  })

  const group = screen.getByRole('button', { name: /^ops 2/ })
  expect(group.getAttribute('aria-expanded')).toBe('true')
  expect(within(group).getByTitle('1,234 failed').textContent).toBe('1,234 failed')
  expect(within(group).getByTitle('1 paused').textContent).toBe('1 paused')
})

test('schedules without a tag are under a head that says so', () => {
  show({ schedules: [schedule('a')] })

  expect(heads()[0]).toMatch(/^No tag 1/)
})

test('a press on the head of a group closes it, and what failed in it stays reachable on the head', () => {
  const failed = calendarRun('tax-export', at('03:00'), 'failed')
  const { onOpen } = show({
    schedules: [schedule('tax-export', { tags: ['ops'] }), schedule('fine', { tags: ['ops'] })],
    items: [failed, calendarRun('fine', at('04:00'), 'succeeded')],
  })
  expect(heads()).toHaveLength(3)

  fireEvent.click(screen.getByRole('button', { name: /^ops 2/ }))

  expect(heads()).toHaveLength(1)
  expect(screen.queryByRole('button', { name: /^fine/ })).toBeNull()
  const pin = screen.getByRole('button', { name: 'tax-export, failed' })
  expect(pin.title).toBe('tax-export, Wed 25 Nov 03:00 Europe/Paris, failed')
  fireEvent.click(pin)
  expect(onOpen).toHaveBeenCalledExactlyOnceWith([failed], pin)
})

test('what failed at one place of a closed group is one pin, which lists all of it', () => {
  const names = Array.from({ length: 12 }, (_, index) => `job-${index}`)
  const items = names.map((name) => calendarRun(name, at('03:00'), 'failed'))
  const { onOpen } = show({ schedules: names.map((name) => schedule(name, { tags: ['ops'] })), items })

  fireEvent.click(screen.getByRole('button', { name: /^ops 12/ }))
  const pin = screen.getByRole('button', { name: 'job-0 +11, 12 failed' })
  fireEvent.click(pin)

  expect(onOpen.mock.calls[0]?.[0]).toHaveLength(12)
})

test('all groups close with one press, and open with the next', () => {
  show({ schedules: [schedule('a', { tags: ['x'] }), schedule('b', { tags: ['y'] })] })

  fireEvent.click(screen.getByRole('button', { name: 'Close all groups' }))
  expect(heads().map((text) => text?.trim())).toEqual(['x 1', 'y 1'])

  fireEvent.click(screen.getByRole('button', { name: 'Open all groups' }))
  expect(heads()).toHaveLength(4)
})

test('where there are many lanes, only groups in which something happens are open', () => {
  const quiet = Array.from({ length: 121 }, (_, index) => schedule(`quiet-${index}`, { tags: ['quiet'] }))
  show({
    schedules: [...quiet, schedule('tax-export', { tags: ['ops'] })],
    items: [calendarRun('tax-export', at('03:00'), 'failed')],
  })

  expect(heads()).toEqual([
    expect.stringMatching(/^ops 1/),
    expect.stringContaining('tax-export'),
    expect.stringMatching(/^quiet 121/),
  ])
})

const mixed: Given = {
  schedules: ['bad', 'gone', 'busy', 'next', 'idle']
    .map((name) => schedule(name))
    .concat(schedule('held', { status: 'paused' })),
  items: [
    calendarRun('bad', at('03:00'), 'failed'),
    calendarOmission('gone', at('04:00'), at('04:00'), 1),
    calendarBucket('busy', at('13:00'), { skipped: 4, running: 1 }),
    calendarBucket('next', at('13:00'), { succeeded: 4, waiting: 1 }),
  ],
}

test.each([
  ['failed', 'bad'],
  ['missed', 'gone'],
  ['running', 'busy'],
  ['waiting', 'next'],
  ['paused', 'held'],
])('“1 %s” shows only those lanes, and all again once it is released', (state, name) => {
  show(mixed)

  fireEvent.click(choice(`1 ${state}`))
  expect(choice(`1 ${state}`).getAttribute('aria-pressed')).toBe('true')
  expect(heads()).toEqual([expect.stringMatching(/^No tag 1/), expect.stringContaining(name)])

  fireEvent.click(choice(`1 ${state}`))
  expect(choice('All 6').getAttribute('aria-pressed')).toBe('true')
  expect(heads()).toHaveLength(7)
})

test('a frequent schedule has a bar for the run that is in progress, up to now, and none for one that waits', () => {
  show(mixed)

  const bars = [...document.querySelectorAll<HTMLElement>('.lane-running')]
  expect(bars.map((bar) => bar.closest('[role=row]')?.textContent)).toEqual([expect.stringContaining('busy')])
  expect(block(/^busy/).textContent).toContain('4 skipped, 1 running')
})

test('a choice of which there is nothing cannot be pressed; “All” always can', () => {
  show()

  expect(choice('0 failed').disabled).toBe(true)
  expect(choice('All 0').disabled).toBe(false)
  expect(screen.getByText('No schedules match.')).toBeDefined()
})

test('what chooses the span stands with the choices of lanes', () => {
  show()

  const bar = within(screen.getByRole('group', { name: 'Which lanes' }))
  expect(bar.getByRole('button', { name: '24 h' })).toBeDefined()
})

test('a block says what it is and opens, also that it is open', () => {
  const run = calendarRun('nightly', at('03:00'), 'succeeded')
  const { onOpen } = show({ schedules: [schedule('nightly')], items: [run] })

  const closed = block(/^nightly/)
  expect(closed.textContent).toBe('nightly, Wed 25 Nov 03:00 Europe/Paris, succeeded')
  expect(closed.getAttribute('aria-expanded')).toBe('false')
  fireEvent.click(closed)
  expect(onOpen).toHaveBeenCalledExactlyOnceWith([run], closed)
  cleanup()

  show({ schedules: [schedule('nightly')], items: [run], openKeys: new Set([itemKey(run)]) })
  expect(block(/^nightly/).getAttribute('aria-expanded')).toBe('true')
})

test('a block is as long as the run was, next to the length of the window', () => {
  const run = calendarRun('nightly', at('06:00'), 'succeeded', {
    startedAt: at('06:00'),
    finishedAt: at('12:00'),
  })
  show({ schedules: [schedule('nightly')], items: [run] })

  const { style } = block(/^nightly/)
  expect(style.getPropertyValue('--from')).toBe('0.25')
  expect(style.getPropertyValue('--for')).toBe('0.25')
})

test('what began before the window is cut off at its edge, and what ended before it is not there', () => {
  const early = { startedAt: at('00:00') - 60 * minute }
  show({
    schedules: [schedule('long'), schedule('over')],
    items: [
      calendarRun('long', early.startedAt, 'succeeded', { ...early, finishedAt: at('06:00') }),
      calendarRun('over', early.startedAt, 'succeeded', { ...early, finishedAt: at('00:00') - 1 }),
    ],
  })

  expect(block(/^long/).style.getPropertyValue('--from')).toBe('0')
  expect(block(/^long/).style.getPropertyValue('--for')).toBe('0.25')
  expect(screen.queryByRole('button', { name: /^over/ })).toBeNull()
})

test('a run that began late shows how long it waited; an upcoming one how long it may take', () => {
  const { container } = show({
    schedules: [schedule('late'), schedule('next')],
    items: [
      calendarRun('late', at('06:00'), 'succeeded', { startedAt: at('09:00'), finishedAt: at('12:00') }),
      calendarItem({ scheduleName: 'next', startsAt: at('18:00') }),
    ],
    usual: new Map([['next', { p50: 60 * minute, p95: 180 * minute, runs: 20 }]]),
  })
  const placeOf = (selector: string) => {
    const style = container.querySelector<HTMLElement>(selector)?.style
    return [style?.getPropertyValue('--from'), style?.getPropertyValue('--for')].map(Number)
  }

  expect(placeOf('.lane-wait')).toEqual([0.25, 0.125])
  expect(placeOf('.lane-whisker')[0]).toBeCloseTo(19 / 24)
  expect(placeOf('.lane-whisker')[1]).toBeCloseTo(2 / 24)
})

test.each([
  ['a failure', calendarRun('job', at('03:00'), 'failed'), '03:00 failed'],
  ['a missed one', calendarOmission('job', at('04:00'), at('04:00'), 1), '04:00 no worker fired it in time'],
  ['several failures', calendarBucket('job', at('09:00'), { succeeded: 8, failed: 4 }), '4 failed'],
])('next to %s stands what happened', (_, item, note) => {
  const { container } = show({ schedules: [schedule('job')], items: [item] })

  expect(container.querySelector('.lane-note')?.textContent).toBe(note)
})

test('next to what went well, or is in progress, stands nothing', () => {
  const { container } = show({
    schedules: [schedule('fine'), schedule('busy')],
    items: [calendarRun('fine', at('03:00'), 'succeeded'), calendarRun('busy', at('14:30'), 'running')],
  })

  expect(screen.getAllByRole('button', { name: /^(fine|busy)/ })).toHaveLength(2)
  expect(container.querySelector('.lane-note')).toBeNull()
})

test('counts of a frequent schedule are said as such', () => {
  show({
    schedules: [schedule('api-health')],
    items: [calendarBucket('api-health', at('09:00'), { succeeded: 8, failed: 4 })],
  })

  expect(block(/^api-health/).textContent).toMatch(/^api-health, .*09:00.*, 4 failed, 8 succeeded$/)
})

test('an excluded time is shown on the lanes of its calendar only, and says from when to when', () => {
  const freeze = { calendar: 'Freeze', label: null, start: at('18:00'), end: at('20:00') }
  show({
    schedules: [schedule('a', { calendars: ['Freeze'] }), schedule('b', { calendars: ['Holidays'] })],
    excluded: [freeze, { ...freeze, start: at('18:00') - 5e9, end: at('20:00') - 5e9 }],
  })

  const shown = screen.getByTitle(/^Freeze: excluded .*18:00.* to .*20:00/)
  expect(shown.textContent).toBe('Freeze')
  expect(shown.closest('[role=row]')?.textContent).toMatch(/^a/)
})

test('the scale names the zone and marks now; a window that is past has no now', () => {
  const { container } = show()
  const zoneHead = screen.getByRole('columnheader', { name: /^Europe\/Paris/ })
  expect(zoneHead.textContent).toBe('Europe/Paris+01')
  expect(container.querySelector('.lanes-now-time')?.textContent).toBe('14:37')
  cleanup()

  const past = show({ shownNow: now + 864e5 })
  expect(past.container.querySelector('.lanes-now-time')).toBeNull()
  expect(past.container.querySelector('.lanes-past')).toBeNull()
})

test('the plus key shows less time at a finer scale, and 0 all of it again', () => {
  const { container } = show()
  const grid = screen.getByRole('grid', { name: 'Lanes' })
  const ticks = () => container.querySelectorAll('.lanes-ticks time:not(.lanes-now-time)').length
  const [width, before] = [grid.style.getPropertyValue('--track'), ticks()]

  for (let press = 0; press < 3; press += 1) fireEvent.keyDown(document.documentElement, { key: '=' })
  expect(parseFloat(grid.style.getPropertyValue('--track'))).toBeGreaterThan(parseFloat(width))
  expect(ticks()).toBeGreaterThan(before)

  fireEvent.keyDown(document.documentElement, { key: '0' })
  expect(grid.style.getPropertyValue('--track')).toBe(width)
})

test('an arrow key goes from lane to lane', () => {
  show({
    schedules: [schedule('a', { nextAt: now + 1 }), schedule('b')],
    items: ['a', 'b'].map((name) => calendarRun(name, at('03:00'), 'succeeded')),
  })
  const [a, b] = [block(/^a,/), block(/^b,/)]

  a.focus()
  fireEvent.keyDown(a, { key: 'End' })

  expect(document.activeElement).toBe(b)
})

const long = new Map([['job', { p50: 60 * minute, p95: 120 * minute, runs: 20 }]])
const three = ['18:00', '18:10', '18:20'].map((clock) =>
  calendarItem({ scheduleName: 'job', startsAt: at(clock) }),
)
const loadCell = () => screen.getAllByRole('gridcell')[0]

test('the load says how many slots are in use, and when more are wanted than there are', () => {
  show({
    schedules: [schedule('job')],
    items: [calendarRun('job', at('14:00'), 'running', { startedAt: at('14:00') }), ...three],
    usual: long,
    capacity: 2,
  })

  expect(loadCell()?.textContent).toBe('1 of 2 slots busyPeak 18:21, about 3 wanted')
  expect(loadCell()?.querySelector('small')?.hasAttribute('data-over')).toBe(true)
})

test('a peak for which there are slots is not a warning', () => {
  show({ schedules: [schedule('job')], items: three, usual: long, capacity: 10 })

  expect(loadCell()?.textContent).toMatch(/^0 of 10 slots busyPeak 18:\d\d, about 3 wanted$/)
  expect(loadCell()?.querySelector('small')?.hasAttribute('data-over')).toBe(false)
})

test('without a worker the load says so, and draws no limit', () => {
  const { container } = show({ schedules: [schedule('job')], capacity: 0 })
  expect(loadCell()?.textContent).toBe('No worker, 0 running at once')
  expect(container.querySelector('.lane-load line')).toBeNull()
  cleanup()

  const limited = show({ schedules: [schedule('job')], capacity: 4 }).container
  expect(Number(limited.querySelector('.lane-load line')?.getAttribute('y1'))).toBeCloseTo(1 - 1 / 1.15)
})

test('what is next to a failed block is left out where the next one begins, so that it stays readable', () => {
  const { container } = show({
    schedules: [schedule('tax-export')],
    items: ['02:00', '02:20', '06:00'].map((clock) => calendarRun('tax-export', at(clock), 'failed')),
  })

  expect([...container.querySelectorAll('.lane-note')].map(({ textContent }) => textContent)).toEqual([
    '02:20 failed',
    '06:00 failed',
  ])
})
