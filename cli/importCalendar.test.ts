import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'

const db = useTestDatabase()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'almanac-ics-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function almanac(...args: string[]) {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'almanac.mjs'), 'import-calendar', ...args],
    {
      env: { ...process.env, DATABASE_URL: db.connectionString },
    },
  )
  const [out, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ])
  return { out, errors, code }
}

const holidays = (...events: string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:test', ...events, 'END:VCALENDAR'].join('\r\n')
const holiday = (date: string, summary: string, rule = '') =>
  [
    'BEGIN:VEVENT',
    `UID:${date}`,
    `SUMMARY:${summary}`,
    `DTSTART;VALUE=DATE:${date}`,
    ...(rule ? [rule] : []),
    'END:VEVENT',
  ].join('\r\n')

test('the events of a file are in the calendar, a second import takes the place of the first', async () => {
  const file = join(folder, 'holidays.ics')
  await writeFile(
    file,
    holidays(holiday('20201225', 'Christmas', 'RRULE:FREQ=YEARLY'), holiday('21000412', 'Easter Monday')),
  )
  expect(await almanac('holidays', file, '--create')).toMatchObject({
    code: 0,
    out: '2 entries of holidays.ics imported into the calendar holidays.\n',
  })
  await writeFile(file, holidays(holiday('21010404', 'Easter Monday')))

  expect(await almanac('holidays', file)).toMatchObject({ code: 0 })

  expect(
    await db.query(
      `select label, starts_on::text, ends_on::text, cron_expression, source from almanac.calendar_entries`,
    ),
  ).toEqual([
    {
      label: 'Easter Monday',
      starts_on: '2101-04-04',
      ends_on: '2101-04-04',
      cron_expression: null,
      source: 'holidays.ics',
    },
  ])
})

test('what is left out, what continues, and what is guessed is told', async () => {
  const file = join(folder, 'team.ics')
  const event = (...lines: string[]) => ['BEGIN:VEVENT', ...lines, 'END:VEVENT'].join('\r\n')
  const sprint = event(
    'SUMMARY:Sprint',
    'DTSTART:20260105T080000Z',
    'DURATION:PT1H',
    'RRULE:FREQ=WEEKLY;INTERVAL=2',
  )
  const nightly = event('SUMMARY:Nightly', 'DTSTART:20260105T220000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY')
  const bad = event('SUMMARY:Bad', 'UID:bad@x', 'DTSTART;TZID=PST:21000105T220000', 'DURATION:PT1H')
  const floating = event('SUMMARY:Lunch', 'DTSTART:21000105T120000', 'DURATION:PT1H')
  await writeFile(file, holidays(sprint, bad, nightly, floating))

  const { code, out } = await almanac('team', file, '--create')

  expect(code).toBe(0)
  expect(out).toMatch(
    /^\d+ entries of team\.ics imported into the calendar team\. Times without a zone are read as UTC: neither/,
  )
  expect(out).toContain(
    ' Left out:\n  Bad (line 10, bad@x): The time zone PST is neither known nor described in the file.\n',
  )
  expect(out).toMatch(
    /\nExpanded for some years, and extended by workers:\n {2}Sprint: until 20\d\d-01-01\n$/,
  )
  expect(
    await db.query(
      `select e.label, e.cron_expression, e.duration::text, e.timezone from almanac.calendar_entries e where e.cron_expression is not null`,
    ),
  ).toEqual([{ label: 'Nightly', cron_expression: '0 22 * * *', duration: '01:00:00', timezone: 'UTC' }])
})

test('a file of which nothing can be taken changes nothing', async () => {
  const file = join(folder, 'bad.ics')
  await writeFile(file, holidays(holiday('21000412', 'Easter Monday')))
  await almanac('kept', file, '--create')
  await writeFile(file, holidays(holiday('someday', 'Easter Monday')))

  const { code, errors } = await almanac('kept', file)

  expect(code).toBe(1)
  expect(errors).toContain('Nothing in bad.ics can be imported, and nothing was changed. Left out:')
  expect(errors).toContain('Easter Monday (line 4, someday): someday is not a time.')
  expect(
    await db.query(
      `select e.label from almanac.calendar_entries e join almanac.exclusion_calendars c on c.id = e.calendar_id where c.name = 'kept'`,
    ),
  ).toEqual([{ label: 'Easter Monday' }])
})

test('what cannot be imported is told, and nothing is changed', async () => {
  const broken = join(folder, 'broken.ics')
  await writeFile(broken, 'no calendar')
  const fine = join(folder, 'fine.ics')
  await writeFile(fine, holidays())

  for (const [args, message, expected = 1] of [
    [['nowhere', fine], 'There is no calendar'],
    [['new', join(folder, 'missing.ics'), '--create'], 'could not be read'],
    [['new', broken], 'calendar'],
    [['new', broken, '--create'], 'calendar'],
    [['new'], 'needs an .ics file', 2],
  ] as const) {
    const { code, errors } = await almanac(...args)
    expect([code, errors]).toEqual([expected, expect.stringContaining(message) as string])
  }
  expect(await db.query(`select from almanac.exclusion_calendars where name = 'new'`)).toEqual([])
})
