import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** Roles "ann" and "bob", who are in "team", and "eve", who is not; all are operators. Gone with the transaction. */
async function withTeam(client: ClientBase): Promise<void> {
  for (const role of ['team', 'ann', 'bob', 'eve'])
    await client.query(`create role ${role} in role almanac_operator; grant ${role} to current_user`)
  await client.query(`grant team to ann, bob`)
}
const schedule = (client: ClientBase, role: string, name: string) =>
  asRole(client, role, (as) =>
    as.query(
      `insert into almanac.schedules (name, kind, task_identifier, payload) values ($1, 'manual', 'almanac:noop', '{"a": 1}')`,
      [name],
    ),
  )
const runAs = async (client: ClientBase, name: string) =>
  (await client.query<{ run_as: string }>(`select run_as from almanac.schedules where name = $1`, [name]))
    .rows[0]!.run_as

describe("another's schedule", () => {
  it.each([
    `update almanac.schedules set description = 'x' where name = 'anns' returning name`,
    `update almanac.schedules set description = 'x' where name like 'ann%' returning name`,
    `select name from almanac.schedules where name <> 'eves' for update`,
    `select name from almanac.schedules where name <> 'eves' for key share`,
  ])('can be neither changed nor locked: %s', (statement) =>
    inTransaction(db, async (client) => {
      await withTeam(client)
      await schedule(client, 'ann', 'anns')
      await schedule(client, 'eve', 'eves')

      expect((await asRole(client, 'eve', (as) => as.query(statement))).rows).toEqual([])
      expect((await asRole(client, 'ann', (as) => as.query(statement))).rows).toEqual([{ name: 'anns' }])
    }),
  )

  it('is not left out of an upsert in silence', () =>
    inTransaction(db, async (client) => {
      await withTeam(client)
      await schedule(client, 'ann', 'anns')

      const upsert = `insert into almanac.schedules (name, kind, task_identifier) values ('anns', 'manual', 'almanac:noop')
        on conflict (name) where deleted_at is null do update set description = 'x'`
      expect(await refusal(asRole(client, 'eve', (as) => as.query(upsert)))).toMatchObject({ code: '42501' })
    }))

  it('is left out by the condition that the hint names', () =>
    inTransaction(db, async (client) => {
      await withTeam(client)
      for (const [role, name] of [
        ['ann', 'anns'],
        ['eve', 'eves'],
        ['eve', 'eves too'],
      ] as const)
        await schedule(client, role, name)

      const changed = await asRole(client, 'eve', (as) =>
        as.query(
          `update almanac.schedules set description = 'x' where almanac.schedules_may_change(schedules) returning name`,
        ),
      )

      expect(changed.rows).toEqual([{ name: 'eves' }, { name: 'eves too' }])
    }))

  it('is not made, nor a calendar, on behalf of another user', () =>
    inTransaction(db, async (client) => {
      await withTeam(client)
      const { rows } = await client.query<{ id: string }>(
        `insert into almanac.users (username) values ('zoe') returning id`,
      )

      for (const statement of [
        `insert into almanac.schedules (name, kind, task_identifier, owner_user) values ('x', 'manual', 'almanac:noop', $1)`,
        `insert into almanac.exclusion_calendars (name, owner_user) values ('x', $1)`,
      ])
        expect(
          await refusal(asRole(client, 'eve', (as) => as.query(statement, [rows[0]!.id]))),
        ).toMatchObject({ code: 'AL011', column: 'owner_user' })
    }))
})

describe("another's calendar", () => {
  it.each([
    `select almanac.update_calendar('anns', '{"description": "x"}')`,
    `select almanac.delete_calendar('anns')`,
    `insert into almanac.calendar_entries (calendar_id, starts_on) select id, '2100-01-01' from almanac.exclusion_calendars`,
    `select almanac.remove_exclusion(id) from almanac.calendar_entries`,
    `set local almanac.system to 'on'; select almanac.remove_exclusion(id) from almanac.calendar_entries`,
  ])('is not left out of a statement in silence: %s', (statement) =>
    inTransaction(db, async (client) => {
      await withTeam(client)
      await asRole(client, 'ann', (as) =>
        as.query(`select almanac.create_calendar('anns'), almanac.exclude_dates('anns', '2100-12-25')`),
      )

      expect(await refusal(asRole(client, 'eve', (as) => as.query(statement)))).toMatchObject({
        code: 'AL011',
        message: expect.stringContaining('Calendar anns may not be changed by') as string,
        detail: 'It belongs to ann.',
      })
    }),
  )

  it.each([
    `update almanac.exclusion_calendars set description = 'x' returning id`,
    `update almanac.calendar_entries set label = 'x' returning id`,
    `update almanac.calendar_rules set label = 'x' returning id`,
    `select id from almanac.exclusion_calendars for share`,
    `select id from almanac.calendar_entries for update`,
    `select id from almanac.calendar_rules for no key update`,
  ])('can be neither changed nor locked: %s', (statement) =>
    inTransaction(db, async (client) => {
      await withTeam(client)
      await asRole(client, 'ann', (as) =>
        as.query(
          `select almanac.create_calendar('anns'), almanac.import_exclusions('anns', 's', '[{"starts_on": "2100-12-25"}]',
             '[{"label": "Christmas", "ics": "BEGIN:VEVENT", "known_until": null}]')`,
        ),
      )

      expect((await asRole(client, 'eve', (as) => as.query(statement))).rowCount).toBe(0)
      expect((await asRole(client, 'ann', (as) => as.query(statement))).rowCount).toBe(1)
    }),
  )

  it('can be told from those one may change', () =>
    inTransaction(db, async (client) => {
      await withTeam(client)
      for (const role of ['ann', 'eve'])
        await asRole(client, role, (as) => as.query(`select almanac.create_calendar($1)`, [`${role}s`]))

      const { rows } = await asRole(client, 'eve', (as) =>
        as.query(
          `update almanac.exclusion_calendars set description = 'x' where almanac.exclusion_calendars_may_change(exclusion_calendars) returning name`,
        ),
      )

      expect(rows).toEqual([{ name: 'eves' }])
    }))
})

describe("a team's schedule", () => {
  it("stays the team's when a member changes what it runs", () =>
    inTransaction(db, async (client) => {
      await withTeam(client)
      await schedule(client, 'team', 'shared')

      for (const role of ['ann', 'bob', 'ann'])
        await asRole(client, role, (as) =>
          as.query(`update almanac.schedules set payload = $1 where name = 'shared'`, [{ by: role }]),
        )

      expect(await runAs(client, 'shared')).toBe('team')
      expect(
        await refusal(asRole(client, 'eve', (as) => as.query(`select almanac.pause('shared')`))),
      ).toMatchObject({ code: 'AL011', detail: 'It belongs to team.' })
    }))

  it("runs with the team's rights when a member triggers it with another payload", () =>
    inTransaction(db, async (client) => {
      await withTeam(client)
      await schedule(client, 'team', 'shared')

      const { rows } = await asRole(client, 'ann', (as) =>
        as.query(`select run_as from almanac.trigger_now('shared', '{"b": 2}')`),
      )

      expect(rows).toEqual([{ run_as: 'team' }])
    }))

  it('goes to an admin who is not a member and changes what it runs', () =>
    inTransaction(db, async (client) => {
      await withTeam(client)
      await schedule(client, 'team', 'shared')
      await client.query(`create role chief in role almanac_admin; grant chief to current_user`)

      await asRole(client, 'chief', (as) =>
        as.query(`update almanac.schedules set description = 'looked at' where name = 'shared'`),
      )
      expect(await runAs(client, 'shared')).toBe('team')
      await asRole(client, 'chief', (as) =>
        as.query(`update almanac.schedules set payload = '{"b": 2}' where name = 'shared'`),
      )
      expect(await runAs(client, 'shared')).toBe('chief')
    }))
})
