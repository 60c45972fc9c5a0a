import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()
let admin: Client
beforeAll(async () => {
  admin = new Client({ connectionString: db.adminConnectionString })
  await admin.connect()
  // Without triggers: as many as a calendar may have, in no time.
  await admin.query(`
    set session_replication_role to replica;
    insert into almanac.exclusion_calendars (name, owned_by, created_by, updated_by)
    select n, 'x', 'x', 'x' from unnest(array['holidays', 'dates', 'ranges']) n;
    insert into almanac.calendar_entries (calendar_id, starts_on, created_by)
    select c.id, date '2030-01-01' + 20 * i, 'x' from almanac.exclusion_calendars c, generate_series(1, 60) i
    where c.name = 'holidays';
    insert into almanac.calendar_entries (calendar_id, starts_on, created_by)
    select c.id, date '2030-01-01' + 2 * i, 'x' from almanac.exclusion_calendars c, generate_series(1, 25000) i
    where c.name = 'dates';
    insert into almanac.calendar_entries (calendar_id, starts_at, ends_at, created_by)
    select c.id, t, t + interval '1 minute', 'x' from almanac.exclusion_calendars c, generate_series(1, 25000) i,
      lateral (select timestamptz '2030-01-01Z' + i * interval '1 hour' as t) l where c.name = 'ranges';
    analyze almanac.calendar_entries`)
})
afterAll(async () => {
  await admin.end()
})

/** Pages that a look-up of a day reads. */
async function pagesRead(calendar: string): Promise<number> {
  const lookUp = `select almanac_private.exclusions('{${calendar}}', 'UTC', '2030-02-01T12:30:00Z', '2030-02-02T12:30:00Z')`
  // The first plans.
  await admin.query(lookUp)
  const { rows } = await admin.query<{ 'QUERY PLAN': [{ Plan: { 'Shared Hit Blocks': number } }] }>(
    `explain (analyze, buffers, timing off, format json) ${lookUp}`,
  )
  return rows[0]!['QUERY PLAN'][0].Plan['Shared Hit Blocks']
}

it.each(['holidays', 'dates', 'ranges'])(
  'a look-up in %s reads what is near, of 50,000 entries',
  async (calendar) => {
    expect(await pagesRead(calendar)).toBeLessThan(100)
  },
)
