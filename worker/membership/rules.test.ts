import type { QueryResultRow } from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { readIcs } from '../../shared/ical/icsImport.ts'
import type { Query } from '../../process/query.ts'
import { readRulesOn } from './rules.ts'

const db = useTestDatabase()
let query: Query
beforeAll(async () => {
  const client = await db.connect('worker')
  await client.query(`set datestyle to 'German'`)
  query = async <Row extends QueryResultRow>(text: string, values?: unknown[]) =>
    (await client.query<Row>(text, values)).rows
})

const file = [
  'BEGIN:VCALENDAR',
  ...['BEGIN:VEVENT', 'SUMMARY:Sprint', 'DTSTART;TZID=Europe/Paris:20260105T220000', 'DURATION:PT2H'],
  ...['RRULE:FREQ=WEEKLY;INTERVAL=2', 'END:VEVENT'],
  ...[
    'BEGIN:VEVENT',
    'SUMMARY:Leap',
    'DTSTART:20240229',
    'RRULE:FREQ=YEARLY;INTERVAL=4;UNTIL=20400101',
    'END:VEVENT',
  ],
  'END:VCALENDAR',
].join('\n')
const known = () =>
  db.query(
    `select r.label, r.known_until::date::text as until, count(e.id)::int as entries,
       max(coalesce(e.starts_on::timestamp, e.starts_at at time zone 'Europe/Paris'))::text as last
     from almanac.calendar_rules r left join almanac.calendar_entries e on e.rule_id = r.id group by r.id order by r.id`,
  )
const at = (year: number) => Date.UTC(year, 5)

test('imported series are extended years before their known occurrences end, and what cannot be is told', async () => {
  const logged: string[] = []
  const readOn = (now: number) => readRulesOn({ query, log: (_, message) => logged.push(message), now })
  const { entries, rules } = readIcs(file, { timezone: null, now: at(2026) })
  await db.query(`select almanac.create_calendar('team')`)
  await db.query(`select almanac.import_exclusions('team', 'team.ics', $1, $2)`, [
    JSON.stringify(entries),
    JSON.stringify([...rules, { label: 'Broken', ics: 'no calendar', known_until: '2031-01-01T00:00:00Z' }]),
  ])
  const sprints = { label: 'Sprint', until: '2032-01-01', entries: 157, last: '2031-12-29 22:00:00' }
  const leaps = { label: 'Leap', until: '2032-01-01', entries: 1, last: '2028-02-29 00:00:00' }
  const broken = { label: 'Broken', until: '2031-01-01', entries: 0, last: null }

  await readOn(at(2026))
  expect(await known()).toEqual([sprints, leaps, broken])
  expect(logged).toEqual([])

  await readOn(at(2028))
  await readOn(at(2028))
  expect(await known()).toEqual([
    { ...sprints, until: '2034-01-01', entries: 209, last: '2033-12-26 22:00:00' },
    { ...leaps, until: '2034-01-01', entries: 2, last: '2032-02-29 00:00:00' },
    broken,
  ])
  expect(logged).toEqual(
    Array(2).fill(
      'The calendar series 3 (Broken) is expanded until 2031-01-01 and could not be extended: This is not a calendar file: it does not begin with BEGIN:VCALENDAR.',
    ),
  )

  await readOn(at(2038))
  expect(await known()).toMatchObject([{ until: '2044-01-01' }, { until: null, entries: 3 }, {}])
})
