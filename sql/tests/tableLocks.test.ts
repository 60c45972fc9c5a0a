import { describe, expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

/** The tables that a role may lock in this mode, by what LOCK TABLE asks for. */
const lockable = async (role: string, privileges: string): Promise<string[]> =>
  (
    await db.query<{ name: string }>(
      `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ('almanac', 'almanac_private', 'almanac_migrate', 'graphile_worker') and c.relkind in ('r', 'p', 'v')
         and has_table_privilege($1, c.oid, $2) order by 1`,
      [role, privileges],
    )
  ).map(({ name }) => name)

describe('who may not fire schedules cannot keep them from firing: the table is not locked by', () => {
  it.each(['almanac_viewer', 'almanac_operator', 'almanac_test_plain'])('%s', async (role) => {
    expect(await lockable(role, 'update, delete, truncate')).toEqual([])
  })

  it.each(['schedules', 'exclusion_calendars', 'calendar_entries', 'calendar_rules', 'runs'])(
    'an operator, %s',
    async (table) => {
      const operator = await db.connect('operator')

      for (const mode of ['share', 'share row exclusive', 'exclusive', 'access exclusive']) {
        const locking = operator.query(`begin; lock table almanac.${table} in ${mode} mode`)

        await expect(locking).rejects.toMatchObject({ code: '42501' })
        await operator.query('rollback')
      }
    },
  )
})

it('a task has the name of its jobs before the first is added, which would hold it', async () => {
  await db.query(`select almanac.register_task('a-new-task')`)

  expect(
    await db.query(
      `select t.identifier from almanac.tasks t where almanac_private.run_identifier(t.identifier) not in (select identifier from graphile_worker._private_tasks)`,
    ),
  ).toEqual([])
})
