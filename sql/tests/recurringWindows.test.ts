import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal as refusalOf } from './sqlError.ts'

const db = useTestDatabase()

const REFUSED = {
  code: 'AL015',
  message: 'The calendars of a schedule have at most 200 recurring windows together.',
}

async function refusal(client: ClientBase, statement: string) {
  await client.query('savepoint before')
  const error = await refusalOf(client.query(statement))
  await client.query('rollback to before')
  return error
}

async function windows(client: ClientBase, calendar: string, count: number): Promise<void> {
  await client.query(`select almanac.create_calendar($1)`, [calendar])
  await client.query(
    `insert into almanac.calendar_entries (calendar_id, cron_expression, duration, created_by)
     select c.id, i % 60 || ' ' || i % 24 || ' * * *', interval '1 minute', 'x'
     from almanac.exclusion_calendars c, generate_series(1, $2::integer) i where c.name = $1`,
    [calendar, count],
  )
}

describe.each(['almanac_operator', 'almanac_admin'])('of the calendars of a schedule, as %s,', (role) => {
  it('200 recurring windows are taken, and one more is refused', () =>
    asRole(db, role, async (client) => {
      await windows(client, 'many', 200)
      await client.query(
        `select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', settings => '{"calendars": ["many"]}')`,
      )

      const error = await refusal(client, `select almanac.exclude_recurring('many', '0 4 * * *', '1 hour')`)
      expect(error).toMatchObject({ ...REFUSED, column: 'cron_expression', detail: 'many: 201.' })
    }))

  it('those of all count together, whichever comes last', () =>
    asRole(db, role, async (client) => {
      await windows(client, 'one', 120)
      await windows(client, 'two', 80)
      await windows(client, 'three', 1)
      await client.query(
        `select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', settings => '{"calendars": ["one", "two"]}')`,
      )

      const added = await refusal(
        client,
        `update almanac.schedules set calendars = '{one,two,three}' where name = 'x'`,
      )
      expect(added).toMatchObject({ ...REFUSED, column: 'calendars', detail: 'one, two, three: 201.' })
      const grown = await refusal(client, `select almanac.exclude_recurring('two', '0 4 * * *', '1 hour')`)
      expect(grown).toMatchObject({ ...REFUSED, column: 'cron_expression', detail: 'one, two: 201.' })
    }))
})

it('a schedule is not restored with more than 200, and dates and ranges do not count', () =>
  inTransaction(db, async (client) => {
    await windows(client, 'one', 200)
    await client.query(`select almanac.create_calendar('two')`)
    await client.query(
      `select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', settings => '{"calendars": ["one", "two"]}')`,
    )
    await client.query(`select almanac.exclude_dates('two', '2100-01-01', '2100-01-09')`)
    await client.query(`select almanac.exclude_range('two', '2100-02-01', '2100-02-09')`)
    await client.query(`select almanac.unschedule('x')`)
    await client.query(`select almanac.exclude_recurring('two', '0 4 * * *', '1 hour')`)

    expect(await refusal(client, `select almanac.restore('x')`)).toMatchObject({
      ...REFUSED,
      column: 'calendars',
    })
  }))
