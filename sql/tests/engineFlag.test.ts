import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { everyMinute, fire, START } from './everyMinute.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

async function setting(client: ClientBase): Promise<string | null> {
  const { rows } = await client.query<{ is: string | null }>(
    `select nullif(current_setting('almanac.engine', true), '') as is`,
  )
  return rows[0]!.is
}

describe('what writes as the engine puts almanac.engine back to what it was', () => {
  const ENGINE = [
    `select almanac_private.fire_due('${START}')`,
    `select almanac_private.apply_counters(schedule_ids => array(select id from almanac.schedules))`,
    `select almanac_private.resolve_before_change(array(select id from almanac.schedules))`,
    `select almanac_private.replan(array(select id from almanac.schedules))`,
    `select almanac_private.bind_roles()`,
    `select almanac.skip_occurrence('x', '${START}')`,
    `select almanac.give_schedule('x', current_user)`,
    `select almanac.recompute()`,
    `update almanac.exclusion_calendars set name = 'renamed'`,
  ]
  const PEOPLE = [
    `select almanac.pause('x')`,
    `update almanac.schedules set every = '2 minutes'`,
    `select almanac.unschedule('x')`,
  ]

  it.each([
    ...ENGINE.flatMap((call) => [null, 'on', 'off'].map((was) => ({ call, was }))),
    ...PEOPLE.flatMap((call) => [null, 'off'].map((was) => ({ call, was }))),
  ])('$call, where it is $was', ({ call, was }) =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('off')`)
      await everyMinute(client, { calendars: ['off'] })
      if (was) await client.query(`set local almanac.engine to '${was}'`)

      await client.query(call)

      expect(await setting(client)).toBe(was)
    }),
  )

  it('also when it fails', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await client.query(
        `create function pg_temp.fail() returns trigger language plpgsql as $$ begin raise 'no'; end $$`,
      )
      await client.query(
        `create trigger fail before update on almanac.schedules for each row execute function pg_temp.fail()`,
      )
      await client.query('savepoint before')
      await refusal(client.query(`select almanac.skip_occurrence('x', '${START}')`))
      await client.query('rollback to before')

      expect(await setting(client)).toBe(null)

      await client.query(`set local client_min_messages to 'error'`)
      expect(await fire(client, 0)).toBe(0)
      expect(await setting(client)).toBe(null)
    }))
})

describe.each(['server', 'worker', 'viewer', 'operator', 'admin'] as const)('the login of %s', (login) => {
  it.each([
    `update almanac.schedules set next_run_at = now(), next_scheduled_for = now()`,
    `update almanac.schedules set fired_runs = 7`,
    `update almanac.schedules set run_as = 'almanac_admin'`,
    `update almanac.schedules set is_system = true`,
    `update almanac.schedules set every = '-1 second'`,
    `insert into almanac.schedules (name, kind, every, task_identifier, next_run_at)
       values ('y', 'interval', '1 hour', 'almanac:noop', now())`,
    `update almanac.exclusion_calendars set owned_by = 'almanac_admin' returning owned_by`,
    `select almanac_private.enter_engine()`,
    `select almanac_private.leave_engine('on')`,
    `select almanac_private.write_courses(array[almanac_private.course_between(s, s)]) from almanac.schedules s`,
  ])('gains nothing by setting almanac.engine: %s', async (statement) => {
    const client = await db.connect(login)
    /** Its rows, or why it is refused. */
    const outcome = async (): Promise<unknown> => {
      await client.query('begin')
      if (login === 'operator' || login === 'admin') {
        await everyMinute(client)
        await client.query(`select almanac.create_calendar('mine')`)
      }
      const result = await client.query(statement).then(
        ({ rows }) => rows as unknown[],
        ({ code, message }: { code: string; message: string }) => ({ code, message }),
      )
      await client.query('rollback')
      return result
    }
    const without = await outcome()

    await client.query(`set almanac.engine to 'on'`)
    expect(await outcome()).toEqual(without)
    if (!Array.isArray(without)) expect(without).toHaveProperty('code')
    await client.end()
  })
})
