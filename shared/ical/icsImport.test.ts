// @vitest-environment node
import { expect, test } from 'vitest'
import { IcsError, readIcs } from './icsImport.ts'

const options = { timezone: 'Europe/Paris', now: Date.parse('2026-11-21T08:00:00Z') }

const file = (...lines: string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n')
const event = (...lines: string[]) => ['BEGIN:VEVENT', 'UID:1', 'SUMMARY:Event', ...lines, 'END:VEVENT']
const entriesOf = (...lines: string[]) => readIcs(file(...event(...lines)), options).entries
const leftOut = (...lines: string[]) =>
  readIcs(file(...event(...lines)), options).leftOut.map(({ reason }) => reason)

test('an all-day event is its dates: the end in the file is the day after', () => {
  expect(entriesOf('DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20261227')).toEqual([
    { label: 'Event', starts_on: '2026-12-24', ends_on: '2026-12-26' },
  ])
  expect(entriesOf('DTSTART;VALUE=DATE:20261224')).toEqual([
    { label: 'Event', starts_on: '2026-12-24', ends_on: '2026-12-24' },
  ])
})

test.each([
  [
    'DTSTART:20261224T120000Z',
    'DTEND:20261224T180000Z',
    '2026-12-24T12:00:00.000Z',
    '2026-12-24T18:00:00.000Z',
  ],
  [
    'DTSTART;TZID=America/New_York:20261224T120000',
    'DURATION:PT90M',
    '2026-12-24T17:00:00.000Z',
    '2026-12-24T18:30:00.000Z',
  ],
  [
    'DTSTART:20261224T120000',
    'DTEND:20261225T000000',
    '2026-12-24T11:00:00.000Z',
    '2026-12-24T23:00:00.000Z',
  ],
])('an event with a time is a range, computed in its zone: %s', (start, end, startsAt, endsAt) => {
  expect(entriesOf(start, end)).toEqual([{ label: 'Event', starts_at: startsAt, ends_at: endsAt }])
})

test('a zone that only the file knows is computed by its own rules', () => {
  const zone = [
    'BEGIN:VTIMEZONE',
    'TZID:Office',
    'BEGIN:STANDARD',
    'DTSTART:19700101T000000',
    'TZOFFSETFROM:+0300',
    'TZOFFSETTO:+0300',
    'END:STANDARD',
    'END:VTIMEZONE',
  ]
  const lines = event('DTSTART;TZID=Office:20261224T120000', 'DTEND;TZID=Office:20261224T130000')

  expect(readIcs(file(...zone, ...lines), options).entries).toEqual([
    { label: 'Event', starts_at: '2026-12-24T09:00:00.000Z', ends_at: '2026-12-24T10:00:00.000Z' },
  ])
  const undescribed = readIcs(file(...lines, ...event('DTSTART;VALUE=DATE:20261224')), options)
  expect(undescribed.entries).toHaveLength(1)
  expect(undescribed.leftOut).toEqual([
    {
      label: 'Event',
      uid: '1',
      line: 3,
      reason: 'The time zone Office is neither known nor described in the file.',
    },
  ])
})

test.each([
  ['RRULE:FREQ=YEARLY', '20251225', '0 0 25 12 *'],
  ['RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25', '20261225', '0 0 25 12 *'],
  ['RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH', '20251127', '0 0 * 11 THU#4'],
  ['RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO', '20250526', '0 0 * 5 MONL'],
  ['RRULE:FREQ=WEEKLY;BYDAY=SA,SU', '20260103', '0 0 * * SAT,SUN'],
  ['RRULE:FREQ=WEEKLY', '20260107', '0 0 * * WED'],
  ['RRULE:FREQ=WEEKLY', '20260104', '0 0 * * SUN'],
  ['RRULE:FREQ=MONTHLY;BYMONTHDAY=-1', '20260131', '0 0 L * *'],
])('a series without an end that cron can say is a recurring window: %s', (rule, date, cron) => {
  expect(entriesOf(`DTSTART;VALUE=DATE:${date}`, rule)).toEqual([
    { label: 'Event', cron_expression: cron, duration: '1 day' },
  ])
})

test('a window with a time stays in its zone', () => {
  const rule = 'RRULE:FREQ=WEEKLY;BYDAY=MO,TU'
  const times = (zone: string) => [
    `DTSTART;TZID=${zone}:20260105T223000`,
    `DTEND;TZID=${zone}:20260106T003000`,
    rule,
  ]
  const window = { label: 'Event', cron_expression: '30 22 * * MON,TUE', duration: '2 hours' }

  expect(entriesOf(...times('Europe/Paris'))).toEqual([window])
  expect(entriesOf(...times('UTC'))).toEqual([{ ...window, timezone: 'UTC' }])
})

test.each([
  ['RRULE:FREQ=YEARLY;INTERVAL=2', 3],
  ['RRULE:FREQ=YEARLY;UNTIL=20281225', 3],
  ['RRULE:FREQ=YEARLY;COUNT=4', 4],
])('another series is expanded from this year on, for five years: %s', (rule, count) => {
  expect(entriesOf('DTSTART;VALUE=DATE:20261225', rule)).toHaveLength(count)
})

test('dates taken out of a series stay out, and moved ones are where they were moved to', () => {
  const series = event(
    'DTSTART;VALUE=DATE:20261201',
    'RRULE:FREQ=DAILY;COUNT=4',
    'EXDATE;VALUE=DATE:20261202',
  )
  const moved = event('RECURRENCE-ID;VALUE=DATE:20261203', 'DTSTART;VALUE=DATE:20261210')
  const cancelled = event(
    'RECURRENCE-ID;VALUE=DATE:20261204',
    'DTSTART;VALUE=DATE:20261204',
    'STATUS:CANCELLED',
  )

  const { entries } = readIcs(file(...series, ...moved, ...cancelled), options)

  expect(entries.map((entry) => 'starts_on' in entry && entry.starts_on)).toEqual([
    '2026-12-01',
    '2026-12-10',
  ])
})

test('a series that begins in later years is not a window yet', () => {
  const { entries, rules } = readIcs(
    file(...event('DTSTART;VALUE=DATE:20291225', 'RRULE:FREQ=YEARLY')),
    options,
  )

  expect(entries).toEqual(
    ['2029-12-25', '2030-12-25', '2031-12-25'].map((date) => ({
      label: 'Event',
      starts_on: date,
      ends_on: date,
      rule: 0,
    })),
  )
  expect(rules).toEqual([
    expect.objectContaining({ label: 'Event', known_until: '2032-01-01T00:00:00.000Z' }),
  ])
})

test('cancelled events are left out, free time too unless it is a whole day', () => {
  expect(leftOut('DTSTART;VALUE=DATE:20261224', 'STATUS:CANCELLED')).toEqual(['It is cancelled.'])
  expect(leftOut('DTSTART:20261224T120000Z', 'DTEND:20261224T130000Z', 'TRANSP:TRANSPARENT')).toEqual([
    'It is marked as free time.',
  ])
  expect(leftOut('DTSTART:20261224T120000Z')).toEqual(['It has no duration.'])
  expect(entriesOf('DTSTART;VALUE=DATE:20261224', 'TRANSP:TRANSPARENT')).toHaveLength(1)
})

test('a series that is too long to look through is named and left out', () => {
  expect(leftOut('DTSTART:19700101T000000Z', 'DURATION:PT1S', 'RRULE:FREQ=MINUTELY;INTERVAL=7')).toEqual([
    'It has too many occurrences.',
  ])
})

test('the name of the file is known, several calendars in it are read', () => {
  const first = file('X-WR-CALNAME:Holidays', ...event('DTSTART;VALUE=DATE:20261224'))
  const second = file(...event('DTSTART;VALUE=DATE:20261231'))

  const { name, entries } = readIcs(`\uFEFF${first}${second}`, options)

  expect(name).toBe('Holidays')
  expect(entries).toHaveLength(2)
})

test.each(['', '<!doctype html>', 'PK\u0003\u0004', 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n'])(
  'what is not a calendar file is refused with a reason: %j',
  (text) => {
    expect(() => readIcs(text, options)).toThrow(IcsError)
  },
)
