// @vitest-environment node
import { describe, expect, test, vi } from 'vitest'
import { decodeIcs, readIcs, type IcsImport } from './icsImport.ts'

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
const reasons = (...lines: string[]) => read(calendar(...lines)).leftOut.map(({ reason }) => reason)

vi.setConfig({ testTimeout: 20_000 })

describe('files', () => {
  const umlaut = calendar(...event('DTSTART:20261224')).replace('SUMMARY:Event', 'SUMMARY:Büro zu')
  const utf16 = (text: string) =>
    new Uint8Array(Uint16Array.from(`\uFEFF${text}`, (each) => each.charCodeAt(0)).buffer)
  test.each<[string, Uint8Array]>([
    ['UTF-8', new TextEncoder().encode(umlaut)],
    ['UTF-16', utf16(umlaut)],
    ['Windows-1252', Uint8Array.from(umlaut, (each) => each.charCodeAt(0))],
  ])('are read in %s', (_, bytes) => {
    expect(read(decodeIcs(bytes)).entries).toMatchObject([{ label: 'Büro zu' }])
  })

  test.each([
    ['folded lines', 'SUMMARY:Eve\r\n nt\r\nDTSTART:202612\r\n\t24'],
    ['folded parameters', 'SUMMARY:Event\r\nDTSTART;VALUE\r\n =DATE:20261224'],
    ['lines that are not properties', 'SUMMARY:Event\r\nDESCRIPTION:one\r\ntwo\r\n\r\nDTSTART:20261224'],
    [
      'alarms with a length',
      'SUMMARY:Event\r\nBEGIN:VALARM\r\nDURATION:PT5M\r\nEND:VALARM\r\nDTSTART:20261224',
    ],
    ['colons in parameters', 'SUMMARY;ALTREP="http://a:b;c":Event\r\nDTSTART:20261224'],
  ])('with %s are read', (_, lines) => {
    const found = read(calendar('BEGIN:VEVENT', lines, 'END:VEVENT'))
    expect(found.entries).toEqual([{ label: 'Event', starts_on: '2026-12-24', ends_on: '2026-12-24' }])
  })

  test('that take back what they sent before exclude nothing', () => {
    expect(reasons('METHOD:CANCEL', ...event('DTSTART:20261224'))).toEqual(['It is cancelled.'])
  })

  test('of one event with versions exclude the last one, of events that share a UID all', () => {
    const first = event('SEQUENCE:1', 'DTSTART:20261224')
    const second = event('SEQUENCE:2', 'DTSTART:20261225')
    expect(shown(read(calendar(...second, ...first)))).toEqual(['2026-12-25'])
    expect(shown(read(calendar(...event('DTSTART:20261224'), ...event('DTSTART:20261225'))))).toHaveLength(2)
  })

  test('with many rules that take long are refused, long names and rules are looked at no further', () => {
    const endless = event('DTSTART:19700101T000000Z', 'DURATION:PT1S', 'RRULE:FREQ=SECONDLY')
    const file = calendar(...Array.from({ length: 8 }, () => endless).flat())
    expect(() => read(file)).toThrow('The file has more than 5 series with too many occurrences.')
    const lines = event(`DTSTART;TZID=${'a,'.repeat(1_000_000)}:20261224T120000`, 'DURATION:PT1H')
    expect(reasons(...lines)[0]).toMatch(/neither known nor described/)
    const long = event('DTSTART:20261224', `RRULE:FREQ=DAILY;BYDAY=${'MO,'.repeat(2000)}`)
    expect(reasons(...long)).toEqual(['Its rule has more than 4000 characters.'])
  })

  test('with too much in them are refused, past events left out first', () => {
    const many = (count: number, from: number) =>
      Array.from({ length: count }, (_, index) =>
        event(`DTSTART:${new Date(from + index * 86_400_000).toISOString().slice(0, 10)}`),
      ).flat()
    const past = read(calendar(...many(4000, Date.UTC(2010, 0)), ...many(1500, Date.UTC(2026, 0))))
    expect(past.entries).toHaveLength(1500)
    expect(past.notes).toEqual(['4000 dates and times of past years are left out.'])
    expect(() => read(calendar(...many(5001, Date.UTC(2026, 0))))).toThrow(
      /5001 dates and times .* the limit is 5000/,
    )
    expect(() => read(calendar(...many(20_001, Date.UTC(2010, 0))))).toThrow(
      /20001 events; the limit is 20000/,
    )
    expect(() => read(calendar(`DESCRIPTION:${'x'.repeat(10_000_000)}`))).toThrow(/10 million characters/)
  })
})
