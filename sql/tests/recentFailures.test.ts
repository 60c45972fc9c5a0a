import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { RUN_STATES, runIn } from './runInStates.ts'

const db = useTestDatabase()

const FILTER = { status: ['failed', 'timed_out'] }

async function find(client: ClientBase, filter: object, args = '') {
  const { rows } = await client.query<{ ids: string[]; found: number; next: string | null }>(
    `select f.run_ids as ids, almanac.run_page_found(f) as found, f.next
     from almanac.find_runs($1::jsonb || jsonb_build_object('since', now() - interval '24 hours')${args}) f`,
    [filter],
  )
  return rows[0]!
}

const schedule = (client: ClientBase, name: string, settings: object = {}) =>
  client.query(`select almanac.schedule_cron($1, '0 0 1 1 *', 'almanac:noop', settings => $2)`, [
    name,
    settings,
  ])

/** Runs that succeeded in the last hours. */
const succeeded = (client: ClientBase, count: number) =>
  client.query(
    `insert into almanac.runs (schedule_id, schedule_name, scheduled_for, due_at, trigger, status, task_identifier, payload,
       run_as, max_attempts, priority, started_at, finished_at)
     select 900, 'x', t, t, 'manual', 'succeeded', 'almanac:noop', '{}', current_user, 1, 1, t, t
     from (select now() - make_interval(mins => n) as t from generate_series(1, $1) n) o`,
    [count],
  )

it('what failed lately is found without reading what succeeded', () =>
  inTransaction(db, async (client) => {
    await schedule(client, 'a', { tags: ['x'] })
    await schedule(client, 'b')
    const failed = await runIn('failed', 'a', client)
    const late = await runIn('timed_out', 'b', client)
    await succeeded(client, 500)

    expect(await find(client, FILTER, ', most_read => 10')).toEqual({
      ids: [late, failed],
      found: 2,
      next: null,
    })
    expect((await find(client, { ...FILTER, tag: 'x' }, ', most_read => 10')).ids).toEqual([failed])
    expect((await find(client, { status: 'timed_out' }, ', most_read => 10')).ids).toEqual([late])
  }))

it('page by page, and each is told how many it has', () =>
  inTransaction(db, async (client) => {
    await schedule(client, 'a')
    const ids: string[] = []
    for (let count = 0; count < 5; count++) ids.unshift(await runIn('failed', 'a', client))

    const first = await find(client, FILTER, ', max_count => 3')
    const second = await find(client, FILTER, `, max_count => 3, after => '${first.next}'`)

    expect([first.found, second.found, second.next]).toEqual([3, 2, null])
    expect([...first.ids, ...second.ids]).toEqual(ids)
    // Each call reads two notes.
    const slow = await find(client, FILTER, ', max_count => 3, most_read => 2')
    expect(slow.ids).toEqual(ids.slice(0, 2))
    expect(slow.next).not.toBeNull()
  }))

it('they are those that a plain statement finds, after runs were changed and deleted, too', () =>
  inTransaction(db, async (client) => {
    await schedule(client, 'a')
    for (const state of [...RUN_STATES, 'failed'] as const) await runIn(state, 'a', client)
    await succeeded(client, 3)
    await client.query(
      `update almanac.runs set status = 'failed' where id = (select max(id) from almanac.runs)`,
    )
    await client.query(
      `delete from almanac.runs where id = (select min(id) from almanac.runs where status = 'failed')`,
    )
    const { rows } = await client.query<{ id: string }>(
      `select id::text from almanac.runs where status in ('failed', 'timed_out') order by scheduled_for desc, id desc`,
    )

    const { ids } = await find(client, FILTER)

    expect(ids).toHaveLength(3)
    expect(ids).toEqual(rows.map(({ id }) => id))
  }))

it('notes that are old go with what is no longer kept, some at a time', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `insert into almanac_private.recent_failures (scheduled_for, run_id)
       select now() - make_interval(hours => n), n from unnest('{1,71,85,86,87}'::int[]) n`,
    )
    const left = async () =>
      (
        await client.query<{ ids: string[] }>(
          'select array_agg(run_id::int order by run_id) as ids from almanac_private.recent_failures',
        )
      ).rows[0]!.ids
    const rest = (most: number) =>
      client.query<{ done: boolean }>('select almanac_private.remove_rest($1, now()) as done', [most])

    expect((await rest(2)).rows).toEqual([{ done: false }])
    expect(await left()).toEqual([1, 71, 85])
    await rest(2)
    expect(await left()).toEqual([1, 71])
  }))

it('viewers read the notes, and no one but the engine writes them', () =>
  inTransaction(db, async (client) => {
    await schedule(client, 'a')
    const failed = await runIn('failed', 'a', client)

    await asRole(client, 'almanac_viewer', async () => {
      expect((await find(client, FILTER)).ids).toEqual([failed])
    })
    for (const statement of ['delete from', 'insert into'])
      await expect(
        asRole(client, 'almanac_admin', () =>
          client.query(
            `${statement} almanac_private.recent_failures ${statement === 'insert into' ? 'values (now(), 1)' : ''}`,
          ),
        ),
      ).rejects.toMatchObject({ code: '42501' })
  }))
