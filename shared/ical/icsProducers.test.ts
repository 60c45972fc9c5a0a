// @vitest-environment node
import { describe, expect, test } from 'vitest'
import { readIcs, readOn, type IcsImport } from './icsImport.ts'

const now = Date.parse('2026-11-21T08:00:00Z')
const calendar = (...lines: string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n')
const event = (...lines: string[]) => ['BEGIN:VEVENT', 'UID:a@b', 'SUMMARY:Event', ...lines, 'END:VEVENT']
const read = (text: string, timezone: string | null = 'Europe/Paris') => readIcs(text, { timezone, now })

/** What is excluded, one line an entry: dates, moments in UTC, or a window. */
const shown = ({ entries }: IcsImport) =>
  entries.map((entry) => {
    if ('starts_on' in entry)
      return entry.starts_on === entry.ends_on ? entry.starts_on : `${entry.starts_on}..${entry.ends_on}`
    if ('starts_at' in entry) return `${entry.starts_at.slice(0, 16)}/${entry.ends_at.slice(0, 16)}`
    return [entry.cron_expression, entry.duration, entry.timezone].filter(Boolean).join(' | ')
  })
const of = (...lines: string[]) => shown(read(calendar(...event(...lines))))
const reasons = (...lines: string[]) => read(calendar(...lines)).leftOut.map(({ reason }) => reason)

const paris = (time: string) => `TZID=Europe/Paris:${time}`
const series = (rule: string, ...lines: string[]) => [
  `DTSTART;${paris('20261201T090000')}`,
  `DTEND;${paris('20261201T100000')}`,
  `RRULE:${rule}`,
  ...lines,
]

describe('what is taken out of a series may be written in another way than its begin', () => {
  const three = ['2026-12-01T08:00/2026-12-01T09:00', '2026-12-03T08:00/2026-12-03T09:00']
  test.each([
    ['EXDATE:20261202T080000Z'],
    ['EXDATE;VALUE=DATE:20261202'],
    ['EXDATE:20261202'],
    ['EXDATE;TZID=America/New_York:20261202T030000'],
    ['EXDATE;TZID=Romance Standard Time:20261202T090000'],
    ['EXDATE;TZID=Europe/Paris:20261130T090000,20261202T090000,'],
  ])('of a timed series: %s', (exdate) => {
    expect(of(...series('FREQ=DAILY;COUNT=3', exdate))).toEqual(three)
  })

  test.each([
    ['EXDATE:20261202'],
    ['EXDATE:20261202T000000Z'],
    ['EXDATE;TZID=Europe/Paris:20261202T000000'],
    ['EXDATE:20261201T230000Z'],
    ['EXDATE;VALUE=DATE:20261202Z'],
  ])('of an all-day series: %s', (exdate) => {
    expect(of('DTSTART;VALUE=DATE:20261201', 'RRULE:FREQ=DAILY;COUNT=3', exdate)).toEqual([
      '2026-12-01',
      '2026-12-03',
    ])
  })
})

describe('the end of a rule may be written in another way than its begin', () => {
  test.each([
    ['20261203T080000Z', 3],
    ['20261203T075959Z', 2],
    ['20261203', 3],
    ['20261203T090000', 3],
    ['20261203T085959', 2],
  ])('of a timed series: UNTIL=%s', (until, count) => {
    expect(of(...series(`FREQ=DAILY;UNTIL=${until}`))).toHaveLength(count)
  })

  test.each([
    ['20261203', 3],
    ['20261203T000000Z', 3],
    ['20261203T225959Z', 3],
    ['20261202T230000Z', 3],
    ['20261202T225959Z', 2],
  ])('of an all-day series: UNTIL=%s', (until, count) => {
    expect(of('DTSTART;VALUE=DATE:20261201', `RRULE:FREQ=DAILY;UNTIL=${until}`)).toHaveLength(count)
  })

  test('a rule that ends before the series begins gives nothing', () => {
    const lines = event('DTSTART;VALUE=DATE:20261202', 'RRULE:FREQ=DAILY;UNTIL=20261201')
    expect(reasons(...lines)).toEqual(['It has no occurrence from this year on.'])
  })
})

describe('an occurrence that was changed', () => {
  const changed = (...lines: string[]) =>
    shown(read(calendar(...event(...series('FREQ=DAILY;COUNT=3')), ...event(...lines))))

  test.each([
    ['RECURRENCE-ID;TZID=Europe/Paris:20261202T090000'],
    ['RECURRENCE-ID:20261202T080000Z'],
    ['RECURRENCE-ID;VALUE=DATE:20261202'],
    ['RECURRENCE-ID;TZID=America/New_York:20261202T030000'],
  ])('is where it was moved to: %s', (id) => {
    expect(changed(id, 'DTSTART:20261202T150000Z', 'DTEND:20261202T163000Z')).toEqual([
      '2026-12-01T08:00/2026-12-01T09:00',
      '2026-12-02T15:00/2026-12-02T16:30',
      '2026-12-03T08:00/2026-12-03T09:00',
    ])
  })

  test('takes the length of its series if it says none, and is gone if it is cancelled', () => {
    expect(changed('RECURRENCE-ID:20261202T080000Z', 'DTSTART:20261202T150000Z')[1]).toBe(
      '2026-12-02T15:00/2026-12-02T16:00',
    )
    expect(changed('RECURRENCE-ID:20261202T080000Z', 'STATUS:CANCELLED')).toHaveLength(2)
  })

  test('changes those that follow too, if it says so', () => {
    const id = 'RECURRENCE-ID;RANGE=THISANDFUTURE:20261202T080000Z'
    expect(changed(id, 'DTSTART:20261202T100000Z', 'DTEND:20261202T120000Z')).toEqual([
      '2026-12-01T08:00/2026-12-01T09:00',
      '2026-12-02T10:00/2026-12-02T12:00',
      '2026-12-03T10:00/2026-12-03T12:00',
    ])
  })

  test('stands alone without its series, and counts next to an EXDATE that Apple writes for it', () => {
    const moved = event('RECURRENCE-ID:20261202T080000Z', 'DTSTART:20261202T150000Z', 'DURATION:PT1H')
    expect(shown(read(calendar(...moved)))).toEqual(['2026-12-02T15:00/2026-12-02T16:00'])
    const whole = event(...series('FREQ=DAILY;COUNT=3', 'EXDATE:20261202T080000Z'))
    expect(shown(read(calendar(...whole, ...moved)))).toHaveLength(3)
  })

  test('of an earlier version no longer counts where the present one has no such occurrence', () => {
    const moved = event('RECURRENCE-ID:20261202T080000Z', 'SEQUENCE:1', 'DTSTART:20261202T150000Z')
    const present = event(...series('FREQ=DAILY;COUNT=3', 'SEQUENCE:2', 'EXDATE:20261202T080000Z'))
    const before = event(...series('FREQ=DAILY;COUNT=3', 'SEQUENCE:1'))
    expect(shown(read(calendar(...before, ...moved, ...present)))).toHaveLength(2)
  })
})

describe('zones', () => {
  const vtimezone = (tzid: string, standard: string, daylight: string) =>
    [
      `BEGIN:VTIMEZONE|TZID:${tzid}|BEGIN:STANDARD|DTSTART:16010101T030000|TZOFFSETFROM:${daylight}|TZOFFSETTO:${standard}`,
      'RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10|END:STANDARD|BEGIN:DAYLIGHT|DTSTART:16010101T020000',
      `TZOFFSETFROM:${standard}|TZOFFSETTO:${daylight}|RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3|END:DAYLIGHT|END:VTIMEZONE`,
    ].flatMap((lines) => lines.split('|'))
  const noon = (tzid: string, day = '20270701') =>
    event(`DTSTART;TZID=${tzid}:${day}T120000`, `DTEND;TZID=${tzid}:${day}T130000`)
  const begin = (...lines: string[]) => shown(read(calendar(...lines)))[0]?.slice(11, 16)

  test.each([
    ['Europe/Berlin', '10:00'],
    ['europe/berlin', '10:00'],
    ['"Europe/Berlin"', '10:00'],
    ['W. Europe Standard Time', '10:00'],
    ['Eastern Standard Time', '16:00'],
    ['Pacific Daylight Time', '19:00'],
    ['India Standard Time', '06:30'],
    ['/freeassociation.sourceforge.net/Tzfile/Europe/Berlin', '10:00'],
    ['/mozilla.org/20050126_1/America/Indiana/Indianapolis', '16:00'],
    ['"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"', '10:00'],
    ['"(UTC-05:00) Eastern Time (US & Canada)"', '16:00'],
    ['tzone://Microsoft/Utc', '12:00'],
    ['GMT+0200', '10:00'],
    ['CET', '10:00'],
    ['US-Eastern', '16:00'],
  ])('a zone is known by its name, without VTIMEZONE: %s', (tzid, time) => {
    expect(begin(...noon(tzid))).toBe(time)
  })

  test.each(['IST', 'PST', 'Customized Time Zone', 'tzone://Microsoft/Custom'])(
    'of %s, which may mean several, the description in the file counts, and without one its events are left out',
    (tzid) => {
      expect(begin(...vtimezone(tzid, '+0100', '+0200'), ...noon(tzid))).toBe('10:00')
      expect(begin(...vtimezone(tzid, '+0100', '+0200'), ...noon(tzid, '20270101'))).toBe('11:00')
      expect(reasons(...noon(tzid))).toEqual([
        `The time zone ${tzid} is neither known nor described in the file.`,
      ])
    },
  )

  test('a described zone that ended its summer time has it only until then', () => {
    const lines = vtimezone('Office', '+0300', '+0400').map((line) =>
      line.includes('BYMONTH=3') ? `${line};UNTIL=20260328T230000Z` : line,
    )
    expect(begin(...lines, ...noon('Office', '20260701'))).toBe('08:00')
    expect(begin(...lines, ...noon('Office'))).toBe('09:00')
  })

  test('a series follows the clock of its zone over a change, and has the first of a repeated hour', () => {
    expect(of(`DTSTART;${paris('20270327T090000')}`, 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=2')).toEqual([
      '2027-03-27T08:00/2027-03-27T09:00',
      '2027-03-28T07:00/2027-03-28T08:00',
    ])
    expect(of(`DTSTART;${paris('20261025T023000')}`, 'DURATION:PT1H')).toEqual([
      '2026-10-25T00:30/2026-10-25T01:30',
    ])
  })

  test('an end in a zone of its own is computed there', () => {
    const end = 'DTEND;TZID=America/New_York:20261201T080000'
    expect(of(`DTSTART;${paris('20261201T120000')}`, end)).toEqual(['2026-12-01T11:00/2026-12-01T13:00'])
  })

  test.each([
    ['DTSTART:20260105T223000Z', '30 22 * * MON | 1 hour | UTC'],
    ['DTSTART;TZID=Asia/Tokyo:20260105T223000', '30 22 * * MON | 1 hour | Asia/Tokyo'],
    ['DTSTART;TZID=Tokyo Standard Time:20260105T223000', '30 22 * * MON | 1 hour | Asia/Tokyo'],
    ['DTSTART;TZID=CET:20260105T223000', '30 22 * * MON | 1 hour | Europe/Brussels'],
    ['DTSTART:20260105T223000', '30 22 * * MON | 1 hour'],
    ['DTSTART:20260105', '0 0 * * MON | 1 day'],
  ])('in a calendar without a zone a series stays where it is: %s', (start, window) => {
    const length = window.includes('hour') ? ['DURATION:PT1H'] : []
    const lines = event(start, ...length, 'RRULE:FREQ=WEEKLY')
    expect(shown(read(calendar(...lines), null))).toEqual([window])
  })

  test('times without a zone are those of X-WR-TIMEZONE, of the calendar, or else of what the reader says', () => {
    const lines = event('DTSTART:20261201T120000', 'DTEND:20261201T130000')
    const google = calendar('X-WR-TIMEZONE:America/New_York', ...lines)
    expect(shown(read(google))).toEqual(['2026-12-01T17:00/2026-12-01T18:00'])
    expect(shown(read(calendar(...lines)))).toEqual(['2026-12-01T11:00/2026-12-01T12:00'])
    const alone = readIcs(calendar(...lines), { timezone: null, fallback: 'Asia/Tokyo', now })
    expect(shown(alone)).toEqual(['2026-12-01T03:00/2026-12-01T04:00'])
    expect(alone.notes).toEqual([
      'Times without a zone are read as Asia/Tokyo: neither the file nor the calendar has one.',
    ])
  })
})

describe('whole days', () => {
  test.each([
    [['DTSTART:20261224', 'DTEND:20261226']],
    [['DTSTART;VALUE=DATE:20261224T000000', 'DTEND;VALUE=DATE:20261226T000000']],
    [['DTSTART:20261224T000000', 'DTEND:20261226T000000']],
    [[`DTSTART;${paris('20261224T000000')}`, `DTEND;${paris('20261226T000000')}`]],
    [['DTSTART;TZID=Romance Standard Time:20261224T000000', 'DURATION:P2D', 'TRANSP:TRANSPARENT']],
    [['DTSTART:20261223T230000Z', 'DTEND:20261225T230000Z', 'X-MICROSOFT-CDO-ALLDAYEVENT:TRUE']],
    [['DTSTART;VALUE=DATE:20261224', 'DTEND:20261226T000000Z']],
    [['DTSTART;VALUE=DATE:20261224', 'DURATION:P2D']],
  ])('are dates however they are written: %j', (lines) => {
    expect(of(...lines)).toEqual(['2026-12-24..2026-12-25'])
  })

  test('from midnight to midnight in another zone are a range there', () => {
    expect(of('DTSTART;TZID=Asia/Tokyo:20261224T000000', 'DTEND;TZID=Asia/Tokyo:20261225T000000')).toEqual([
      '2026-12-23T15:00/2026-12-24T15:00',
    ])
  })

  test('from midnight to midnight are whole days on the day of a change too', () => {
    const lines = [
      'DTSTART;TZID=America/New_York:20261031T000000',
      'DTEND;TZID=America/New_York:20261101T000000',
    ]
    expect(of(...lines, 'RRULE:FREQ=DAILY;COUNT=2')).toEqual([
      '2026-10-31T04:00/2026-11-01T04:00',
      '2026-11-01T04:00/2026-11-02T05:00',
    ])
  })
})

describe('recurrence', () => {
  test.each<[string, string[], string[]]>([
    ['an empty rule does not count', ['RRULE:'], ['2026-12-01']],
    [
      'two rules add up',
      ['RRULE:FREQ=DAILY;COUNT=2', 'RRULE:FREQ=WEEKLY;COUNT=2'],
      ['2026-12-01', '2026-12-02', '2026-12-08'],
    ],
    [
      'dates are added without a rule',
      ['RDATE;VALUE=DATE:20261203,20261207'],
      ['2026-12-01', '2026-12-03', '2026-12-07'],
    ],
    [
      'a rule of exceptions takes out',
      ['RRULE:FREQ=DAILY;COUNT=3', 'EXRULE:FREQ=DAILY;INTERVAL=2'],
      ['2026-12-02'],
    ],
    ['small letters and spaces are read', ['RRULE:freq=daily; count=2;'], ['2026-12-01', '2026-12-02']],
    [
      'a count of -1 does not count',
      ['RRULE:FREQ=DAILY;UNTIL=20261202;COUNT=-1'],
      ['2026-12-01', '2026-12-02'],
    ],
    [
      'a begin that its rule does not name counts',
      ['RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=2'],
      ['2026-12-01', '2026-12-02'],
    ],
    [
      'the last workday but one',
      ['RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=3'],
      ['2026-12-01', '2026-12-30', '2027-01-28'],
    ],
    [
      'months without the day are left out',
      ['RRULE:FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3'],
      ['2026-12-01', '2026-12-31', '2027-01-31'],
    ],
  ])('%s', (_, lines, dates) => {
    expect(of('DTSTART;VALUE=DATE:20261201', ...lines)).toEqual(dates)
  })

  test('periods have ends of their own', () => {
    const periods = 'RDATE;VALUE=PERIOD:20261202T090000Z/20261202T120000Z,20261203T090000Z/PT30M'
    expect(of('DTSTART:20261201T090000Z', 'DTEND:20261201T100000Z', periods)).toEqual([
      '2026-12-01T09:00/2026-12-01T10:00',
      '2026-12-02T09:00/2026-12-02T12:00',
      '2026-12-03T09:00/2026-12-03T09:30',
    ])
  })

  test('an occurrence in progress when the year begins is in it', () => {
    const lines = ['DTSTART;VALUE=DATE:20241230', 'DTEND;VALUE=DATE:20250103', 'RRULE:FREQ=YEARLY;COUNT=2']
    expect(of(...lines)).toEqual(['2025-12-30..2026-01-02'])
  })

  test.each([
    ['20260113', 'FREQ=MONTHLY;BYDAY=2TU', '0 0 * * TUE#2'],
    ['20260113', 'FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2', '0 0 * * TUE#2'],
    ['20260130', 'FREQ=MONTHLY;BYDAY=-1FR', '0 0 * * FRIL'],
    ['20260130', 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', '0 0 LW * *'],
    ['20260101', 'FREQ=MONTHLY;BYMONTHDAY=1,15,-2', '0 0 1,15,L-1 * *'],
    ['20260201', 'FREQ=MONTHLY;INTERVAL=3', '0 0 1 2,5,8,11 *'],
    ['20260105', 'FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR', '0 0 * * MON,TUE,WED,THU,FRI'],
    ['20260705', 'FREQ=WEEKLY;BYDAY=SU;BYMONTH=7,8', '0 0 * 7,8 SUN'],
    ['20260125', 'FREQ=YEARLY;BYMONTHDAY=25', '0 0 25 * *'],
    ['20260101', 'FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=1', '0 0 1 1,7 *'],
    ['20261105', 'FREQ=YEARLY;BYMONTH=11;BYDAY=TH', '0 0 * 11 THU'],
  ])('a series without an end is a window where cron can say it: %s %s', (date, rule, cron) => {
    expect(of(`DTSTART;VALUE=DATE:${date}`, `RRULE:${rule}`)).toEqual([`${cron} | 1 day`])
  })

  test('a begin that its rule does not name is next to the window', () => {
    expect(of('DTSTART;VALUE=DATE:20260106', 'RRULE:FREQ=MONTHLY;BYDAY=2TU')).toEqual([
      '0 0 * * TUE#2 | 1 day',
      '2026-01-06',
    ])
  })

  test('exceptions of past years do not keep a series from being a window', () => {
    const lines = ['DTSTART;VALUE=DATE:20200107', 'RRULE:FREQ=WEEKLY', 'EXDATE;VALUE=DATE:20200114']
    expect(of(...lines)).toEqual(['0 0 * * TUE | 1 day'])
  })
})

describe('a series without an end that cron cannot say', () => {
  const fortnightly = [`DTSTART;${paris('20260105T220000')}`, 'DURATION:PT2H', 'RRULE:FREQ=WEEKLY;INTERVAL=2']
  const found = read(
    calendar(
      'X-WR-CALNAME:Team',
      ...event(
        ...fortnightly,
        'DESCRIPTION:secret',
        'EXDATE:20260119T210000Z',
        'BEGIN:VALARM',
        'TRIGGER:-PT5M',
        'END:VALARM',
      ),
    ),
  )

  test('is known for some years, and its rule is kept with nothing that its times do not need', () => {
    expect(found.entries).toHaveLength(156)
    expect(found.entries.every(({ rule }) => rule === 0)).toBe(true)
    expect(found.rules).toEqual([
      {
        label: 'Event',
        known_until: '2032-01-01T00:00:00.000Z',
        ics: expect.stringMatching(/RRULE:FREQ=WEEKLY;INTERVAL=2/) as string,
      },
    ])
    expect(found.rules[0]!.ics).not.toMatch(/secret|VALARM/)
  })

  test('is read on from there without a gap or a double', () => {
    const years = (from: number, until: number) => ({ from: Date.UTC(from, 0), until: Date.UTC(until, 0) })
    const all = readOn(found.rules[0]!.ics, { timezone: 'Europe/Paris', ...years(2026, 2036) })
    const next = readOn(found.rules[0]!.ics, { timezone: 'Europe/Paris', ...years(2032, 2036) })

    const before = found.entries.map((entry) => ({ ...entry, rule: undefined }))
    expect([...before, ...next.entries]).toEqual(all.entries)
    expect(next.goesOn).toBe(true)
  })

  test('with an end in later years is one too, until it ends', () => {
    const { rules } = read(
      calendar(...event('DTSTART;VALUE=DATE:20260105', 'RRULE:FREQ=WEEKLY;UNTIL=20330110')),
    )
    const { entries, goesOn } = readOn(rules[0]!.ics, {
      timezone: null,
      from: Date.UTC(2032, 0),
      until: Date.UTC(2034, 0),
    })

    expect(entries).toHaveLength(54)
    expect(goesOn).toBe(false)
  })
})

describe('one bad event is named, and the others are taken', () => {
  const good = event('DTSTART;VALUE=DATE:20261224')
  test.each<[string, string[]]>([
    ['It has no start.', ['DTEND:20261224']],
    ['20261332 is not a date of the calendar.', ['DTSTART:20261332']],
    ['tomorrow is not a time.', ['DTSTART:tomorrow']],
    ['It ends before it starts.', ['DTSTART:20261224T120000Z', 'DTEND:20261224T110000Z']],
    ['It has no duration.', ['DTSTART:20261224T120000Z']],
    [
      'Its rule has UNTL=20271231, which is not part of a recurrence rule.',
      ['DTSTART:20261224', 'RRULE:FREQ=DAILY;UNTL=20271231'],
    ],
    [
      'Its rule has FREQ=OFTEN, which is not part of a recurrence rule.',
      ['DTSTART:20261224', 'RRULE:FREQ=OFTEN'],
    ],
    [
      'Its rule has BYMONTHDAY=32, which is not part of a recurrence rule.',
      ['DTSTART:20261224', 'RRULE:FREQ=MONTHLY;BYMONTHDAY=32'],
    ],
    ['Its rule does not say how often: it has no FREQ.', ['DTSTART:20261224', 'RRULE:COUNT=3']],
    ['soon is not a time.', ['DTSTART:20261224', 'RRULE:FREQ=DAILY;COUNT=2', 'EXDATE:soon']],
    ['Its line RRULE could not be read.', ['DTSTART:20261224', 'RRULE FREQ=DAILY']],
    ['It extends to the year 11001.', ['DTSTART:20261224T120000Z', 'DURATION:P3278000D']],
    ['It extends to the year 1601.', ['DTSTART:16010101']],
    [
      'It has more than 5000 occurrences until 2031-12-31.',
      ['DTSTART:20260101T000000Z', 'DURATION:PT1M', 'RRULE:FREQ=DAILY;BYHOUR=6,12;BYMINUTE=0,30'],
    ],
  ])('%s', (reason, lines) => {
    const found = read(calendar(...event(...lines), ...good))

    expect(shown(found)).toEqual(['2026-12-24'])
    expect(found.leftOut).toEqual([{ label: 'Event', uid: 'a@b', line: 3, reason }])
  })

  test('the one that a file is cut off in is named', () => {
    const found = read(calendar(...good, ...event('DTSTART:20261225')).split('DTSTART:20261225')[0] ?? '')

    expect(shown(found)).toEqual(['2026-12-24'])
    expect(found.leftOut).toMatchObject([{ line: 8, reason: /before it is complete/ }])
  })

  test('an event whose END is missing is named, and the next one is whole', () => {
    const found = read(calendar('BEGIN:VEVENT', 'DTSTART:20261223', ...good))

    expect(shown(found)).toEqual(['2026-12-24'])
    expect(found.leftOut).toMatchObject([{ label: 'Without a title', uid: null, line: 3 }])
  })
})
