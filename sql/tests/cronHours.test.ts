import { expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

const RULES = [
  '* * * * *',
  '*/20 * * * * *',
  '*/7 2-3 * * *',
  '5,35 1-4 * * SUN',
  '10-50/10 0,23 1,L * *',
  '0 * * * *',
  '*/15 9-17 * * MON-FRI',
]
/** Clocks change by an hour, by half of one, by a day, before midnight, twice in Ramadan, and never. */
const PLACES = [
  ['Europe/Paris', '2026-03-15', '2026-11-15'],
  ['Australia/Lord_Howe', '2026-03-20', '2026-10-20'],
  ['Pacific/Apia', '2011-12-20', '2012-01-10'],
  ['America/Nuuk', '2024-03-20', '2024-11-05'],
  ['Africa/Casablanca', '2026-02-01', '2026-04-15'],
  ['Asia/Kolkata', '2026-01-01', '2026-02-01'],
  ['UTC', '2026-02-20', '2026-03-05'],
] as const

it.each(PLACES)('hours of a rule have as many times as are listed in %s', async (zone, from, to) => {
  for (const rule of RULES) {
    const [found] = await db.query<{ counted: string; listed: string; rows: number; times: number }>(
      `with range as (
         select almanac.local_time($3::timestamp, $2) as from_time, almanac.local_time($4::timestamp, $2) as to_time
       ), counted as (
         select c.at at time zone $2 as local, c.at, c.total
         from range r, almanac_private.cron_hours(almanac_private.compile_cron($1), $2, r.from_time, r.to_time) c
       ), listed as (
         select o.at at time zone $2 as local, o.at
         from range r, almanac_private.cron_between(almanac_private.compile_cron($1), $2,
           r.from_time - interval '1 microsecond', r.to_time) o(at)
       )
       select (select md5(string_agg(h::text, ';' order by h)) from (
           select date_trunc('hour', local), local - at at time zone 'UTC', sum(total)::int from counted group by 1, 2) h) as counted,
         (select md5(string_agg(h::text, ';' order by h)) from (
           select date_trunc('hour', local), local - at at time zone 'UTC', count(*)::int from listed group by 1, 2) h) as listed,
         (select count(*)::int from counted) as rows, (select count(*)::int from listed) as times`,
      [rule, zone, from, to],
    )

    expect(found?.counted, rule).toBe(found?.listed)
    expect(found?.times, rule).toBeGreaterThan(0)
    if (rule === '*/20 * * * * *' && zone !== 'Pacific/Apia')
      expect(found!.rows, rule).toBeLessThan(found!.times / 4)
  }
})

it.each([
  ['UTC', '1 hour'],
  ['Europe/Paris', '1 day'],
  ['Asia/Kolkata', '1 hour'],
  ['Europe/Paris', '15 minutes'],
])('the calendar counts what it does not list as if it had, in %s by %s', async (zone, bucket) => {
  await inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_cron('x' || i || zone, rule, 'almanac:noop', timezone => zone)
       from unnest($1::text[]) with ordinality u(rule, i), unnest(array['Europe/Paris', 'UTC']) zone`,
      [RULES],
    )
    const { rows } = await client.query<{ at: string; counted: number; listed: number }>(
      `with range as (select timestamptz '2100-03-20 05:10Z' as from_time, timestamptz '2100-04-05 17:25Z' as to_time),
       counted as (
         select date_trunc('day', c.starts_at, $1) as at, sum(c.upcoming)::int as total
         from range r, almanac.calendar(r.from_time, r.to_time, $1, $2, max_count => 0, with_system => false) c group by 1
       ), listed as (
         select date_trunc('day', o.at, $1) as at, count(*)::int as total
         from range r, almanac.schedules s, almanac_private.occurrences_between(s, r.from_time, r.to_time, null) o(at)
         where s.name like 'x%' group by 1
       )
       select c.at::text, c.total as counted, l.total as listed from counted c full join listed l on l.at = c.at order by 1`,
      [zone, bucket],
    )

    expect(rows).toHaveLength(17)
    expect(rows.filter(({ counted, listed }) => counted !== listed)).toEqual([])
  })
})
