import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

/** Two schedules of every hour, last settled three hours ago; the server has lost the time zone of one. */
async function oneIsLost(client: ClientBase): Promise<void> {
  await client.query(`insert into almanac_private.timezones (name) values ('Gone/Zone')`)
  await client.query(`
    select almanac.schedule_cron('lost', '0 * * * *', 'almanac:noop', timezone => 'Asia/Tokyo'),
      almanac.schedule_cron('kept', '0 * * * *', 'almanac:noop', timezone => 'Asia/Tokyo')`)
  await client.query(`set local almanac.engine to 'on'`)
  await client.query(`
    update almanac.schedules set timezone = 'Gone/Zone', cursor_at = date_trunc('hour', now()) - interval '3 hours',
      next_run_at = date_trunc('hour', now()) - interval '2 hours',
      next_scheduled_for = date_trunc('hour', now()) - interval '2 hours'
    where name = 'lost'`)
  await client.query(`set local almanac.engine to 'off'`)
  await client.query(`
    update almanac_private.rule_versions v
    set rule = v.rule || '{"timezone": "Gone/Zone"}', valid_from = now() - interval '1 day'
    from almanac.schedules s where s.id = v.schedule_id and s.name = 'lost'`)
}
const one = async (client: ClientBase, query: string) =>
  (await client.query<Record<string, unknown>>(query)).rows[0]
const problems = async (client: ClientBase) =>
  (
    await client.query<{ problem: string }>(
      `select distinct problem from almanac.check_ledger() where schedule_name = 'lost' order by 1`,
    )
  ).rows.map((row) => row.problem)

describe('a schedule whose time zone the server has lost', () => {
  it.each([
    ['paused', `select almanac.pause('lost')`, 'paused'],
    ['unscheduled', `select almanac.unschedule('lost')`, 'active'],
    ['given another priority', `update almanac.schedules set priority = 0 where name = 'lost'`, 'active'],
    ['deleted', `delete from almanac.schedules where name = 'lost'`, undefined],
  ])('can be %s', (_, statement, status) =>
    inTransaction(db, async (client) => {
      await oneIsLost(client)

      await client.query(statement)

      expect(
        (await one(client, `select status from almanac.schedules where name = 'lost'`))?.['status'],
      ).toBe(status)
    }),
  )

  it('gets its past settled by the zone that it is given instead', () =>
    inTransaction(db, async (client) => {
      await oneIsLost(client)

      await client.query(`update almanac.schedules set timezone = 'Europe/Paris' where name = 'lost'`)

      expect(
        await one(
          client,
          `
        select (select count(*)::integer from almanac.runs where schedule_name = 'lost') as runs,
          (select sum(count)::integer from almanac.omissions where schedule_name = 'lost') as omitted,
          next_run_at > now() as is_planned from almanac.schedules where name = 'lost'`,
        ),
      ).toEqual({ runs: 1, omitted: 2, is_planned: true })
      expect(await problems(client)).toEqual(['unknown zone'])
    }))

  it('has what a pause kept back settled by the zone that it is given instead', () =>
    inTransaction(db, async (client) => {
      await oneIsLost(client)
      await client.query(`select almanac.pause('lost')`)

      await client.query(
        `update almanac.schedules set timezone = 'Europe/Paris', status = 'active' where name = 'lost'`,
      )

      expect(
        await one(
          client,
          `select sum(count)::integer as count, min(reason::text) as reason
        from almanac.omissions where schedule_name = 'lost'`,
        ),
      ).toEqual({ count: 3, reason: 'paused' })
      expect(await problems(client)).toEqual(['unknown zone'])
    }))

  it('says so, and how to repair it', () =>
    inTransaction(db, async (client) => {
      await oneIsLost(client)

      const row = await one(
        client,
        `
        select s.warning, almanac.why('lost', now()) as why
        from (select name, almanac.schedules_warning(s) as warning from almanac.schedules s) s where name = 'lost'`,
      )

      const note = expect.stringMatching(
        /time zone Gone\/Zone.*update almanac\.schedules set timezone/,
      ) as unknown
      expect(row).toEqual({ warning: note, why: note })
    }))

  it('hides nothing of the others', () =>
    inTransaction(db, async (client) => {
      await oneIsLost(client)

      const { rows } = await client.query<{ schedule_name: string }>(
        `select distinct schedule_name from almanac.calendar(now(), now() + interval '5 hours', with_system => false)`,
      )

      expect(rows).toEqual([{ schedule_name: 'kept' }])
      expect(await problems(client)).toEqual(['overdue', 'unknown zone'])
    }))

  it('does not keep the zones of others from being looked at', () =>
    inTransaction(db, async (client) => {
      await oneIsLost(client)

      await client.query(`select almanac_private.refresh_timezones()`)

      expect(
        await one(
          client,
          `select fingerprint is not null as seen from almanac_private.timezones where name = 'Asia/Tokyo'`,
        ),
      ).toEqual({ seen: true })
    }))

  it('does not keep others from firing, and stays due', () =>
    inTransaction(db, async (client) => {
      await oneIsLost(client)

      await client.query(`select almanac_private.fire_due(now() + interval '1 hour')`)

      expect(
        await one(
          client,
          `select (select count(*)::integer from almanac.runs where schedule_name = 'kept') as kept,
        next_run_at < now() as is_due from almanac.schedules where name = 'lost'`,
        ),
      ).toEqual({ kept: 1, is_due: true })
    }))

  it('is named where it is overdue', () =>
    inTransaction(db, async (client) => {
      await oneIsLost(client)

      const row = await one(client, `select almanac_private.overdue(now()) -> 'lost' as lost`)

      expect(row).toEqual({ lost: [{ name: 'lost', timezone: 'Gone/Zone' }] })
    }))
})
