import { describe, expect, it } from 'vitest'
import { windowsZones } from '../../scripts/generate/timezoneNames.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const check = (timezone: string) => db.query(`select almanac_private.check_timezone($1)`, [timezone])

/** The zones that the hint names, each of which is taken. */
async function suggested(timezone: string): Promise<string[]> {
  const { code, hint } = await refusal(check(timezone))
  expect(code).toBe('AL002')
  const zones = [...(hint ?? '').matchAll(/[A-Z]\w+\/[\w/+-]+|\bUTC\b(?![+-])|\bGMT\b/g)].map(
    ([zone]) => zone,
  )
  for (const zone of zones) await check(zone)
  return hint?.startsWith('For example') ? [] : zones
}

describe('a zone that is not taken leads to the one that is meant', () => {
  it.each<[string, ...string[]]>([
    ['europe/paris', 'Europe/Paris'],
    ['EUROPE/PARIS', 'Europe/Paris'],
    [' Europe/Paris ', 'Europe/Paris'],
    ['Europe/Paris\n', 'Europe/Paris'],
    ['\u00a0Europe/Paris', 'Europe/Paris'],
    ['Europe / Paris', 'Europe/Paris'],
    ['Europe\\Paris', 'Europe/Paris'],
    ['Europe-Paris', 'Europe/Paris'],
    ['America/New York', 'America/New_York'],
    ['america/new-york', 'America/New_York'],
    ['America/Indiana/indianapolis', 'America/Indiana/Indianapolis'],
    ['Europe/New_York', 'America/New_York'],
    ['utc', 'UTC'],
    ['Z', 'UTC'],
    ['Paris', 'Europe/Paris'],
    ['New York', 'America/New_York'],
    ['new york city', 'America/New_York'],
    ['Paris, France', 'Europe/Paris'],
    ['San Francisco', 'America/Los_Angeles'],
    ['Beijing', 'Asia/Shanghai'],
    ['Mumbai', 'Asia/Kolkata'],
    ['München', 'Europe/Berlin'],
    ['Munich', 'Europe/Berlin'],
    ['São Paulo', 'America/Sao_Paulo'],
    ['Germany', 'Europe/Berlin'],
    ['India', 'Asia/Kolkata'],
    ['United States', 'America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles'],
    ['EDT', 'America/New_York'],
    ['pdt', 'America/Los_Angeles'],
    ['PST', 'America/Los_Angeles', 'Asia/Manila'],
    ['CST', 'America/Chicago', 'Asia/Shanghai'],
    ['IST', 'Asia/Kolkata', 'Asia/Jerusalem', 'Europe/Dublin'],
    ['BST', 'Europe/London', 'Asia/Dhaka'],
    ['JST', 'Asia/Tokyo'],
    ['CEST', 'Europe/Brussels'],
    ['AEST', 'Australia/Sydney', 'Australia/Brisbane'],
    ['CET-1CEST', 'Europe/Brussels'],
    ['Eastern Time', 'America/New_York'],
    ['Eastern Daylight Time', 'America/New_York'],
    ['US Eastern Standard Time', 'America/Indiana/Indianapolis'],
    ['Pacific Time (US & Canada)', 'America/Los_Angeles'],
    ['Central European Summer Time', 'Europe/Brussels'],
    ['British Summer Time', 'Europe/London'],
    ['(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna', 'Europe/Amsterdam'],
    ['(UTC-05:00) Eastern Time (US & Canada)', 'America/New_York'],
    ['Mars/Olympus'],
    ['Mars+3'],
    [''],
    ['(.*)*'],
    ['x'.repeat(10_000)],
  ])('%.60s: %s', async (timezone, ...zones) => {
    expect(await suggested(timezone)).toEqual(zones)
  })

  it('every Windows name leads to the zone that CLDR gives', async () => {
    const rows = await db.query<{ name: string; zones: string[] }>(
      `select name, almanac_private.suggest_timezones(name) as zones from unnest($1::text[]) name where name !~ '^UTC'`,
      [[...windowsZones().keys()]],
    )

    expect(rows.length).toBeGreaterThan(130)
    expect(rows).toEqual(rows.map(({ name }) => ({ name, zones: [windowsZones().get(name)] })))
  })
})

describe('an offset leads to a zone that has it all year', () => {
  it.each([
    ['GMT+1', 60],
    ['UTC+2', 120],
    ['utc +2', 120],
    ['UTC−3', -180],
    ['UTC-03:00', -180],
    ['GMT+0530', 330],
    ['+05:45', 345],
    ['+2', 120],
    ['-0800', -480],
    ['(UTC+02:00)', 120],
    ['UTC+0', 0],
    ['UTC±00:00', 0],
    ['UTC+14', 840],
    ['UTC-12', -720],
    ['UTC-9:30', -570],
    ['UTC+3:30', 210],
    ['UTC+4:30', 270],
    ['UTC+6:30', 390],
    ['UTC+8:45', 525],
    ['UTC+9:30', 570],
  ])('%s: %d minutes', async (timezone, minutes) => {
    const [zone, ...others] = await suggested(timezone)

    expect(others).toEqual([])
    const rows = await db.query<{ minutes: number }>(
      `select distinct extract(epoch from d at time zone $1 - d at time zone 'UTC')::integer / 60 as minutes
       from generate_series(timestamptz '2026-01-01', '2026-12-31', '10 days') d`,
      [zone],
    )
    expect(rows).toEqual([{ minutes }])
  })

  it.each(['UTC+15', 'UTC-13', 'GMT+25', 'UTC+0:20', 'UTC+99:99'])('%s: there is none', async (timezone) => {
    expect(await suggested(timezone)).toEqual([])
  })

  it('of names with the sign the other way round, the hint says so', async () => {
    expect((await refusal(check('GMT+1'))).hint).toBe(
      'Did you mean Etc/GMT-1, which is UTC+1 all year: its sign is reversed?',
    )
    expect((await refusal(check('etc/gmt+1'))).hint).toBe(
      'Did you mean Etc/GMT+1, which is UTC-1 all year: its sign is reversed?',
    )
  })
})

it.each([
  ['CET', 'Did you mean Europe/Brussels, with daylight saving time, or Etc/GMT-1, which is UTC+1, all year?'],
  ['MET', 'Did you mean Europe/Brussels, with daylight saving time, or Etc/GMT-1, which is UTC+1, all year?'],
  ['EET', 'Did you mean Europe/Athens, with daylight saving time, or Etc/GMT-2, which is UTC+2, all year?'],
  ['WET', 'Did you mean Europe/Lisbon, with daylight saving time, or UTC all year?'],
])('of %s it is told that its abbreviation has no daylight saving time', async (timezone, hint) => {
  expect(await refusal(check(timezone))).toMatchObject({
    message: `${timezone} is not accepted as a time zone.`,
    detail:
      'PostgreSQL reads it as an abbreviation: a fixed offset all year, without the daylight saving time of the zone of that name.',
    hint,
  })
  await suggested(timezone)
})

it('the names of zones that are suggested are known here', async () => {
  expect(
    await db.query(
      `select distinct n.timezone from almanac_private.timezone_names() n
       where not exists (select from almanac_private.timezones z where z.name = n.timezone)`,
    ),
  ).toEqual([])
})
