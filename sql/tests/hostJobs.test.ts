import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { applyMigrations } from '../../cli/migrations.ts'
import {
  createEmptyDatabase,
  inTransaction,
  type TestDatabase,
} from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { runMigrations } from 'graphile-worker'

const db = useTestDatabase()

/** Schedule x, and a run of its that is queued. */
async function prepare(client: ClientBase): Promise<{ schedule: string; run: string }> {
  await client.query(`select almanac.schedule_every('x', '1 hour', 'almanac:noop')`)
  const { rows } = await client.query<{ run: string; schedule: string }>(
    `select id as run, schedule_id as schedule from almanac.trigger_now('x')`,
  )
  return rows[0]!
}

/** Jobs of a host's whose keys look like ours; some take the places of ours, as Graphile Worker has it. */
async function addLookAlikes(client: ClientBase, { schedule, run }: { schedule: string; run: string }) {
  await client.query(
    `select graphile_worker.add_job('theirs', p.payload, job_key => key, max_attempts => 7)
     from (values
       ('schedule:abc', '{}'), ('schedule:', '[]'), ('schedule:99999999999999999999', '"text"'), ('schedule:424242', '{"scheduleId": 5}'),
       ('run:abc', 'null'), ('run:9999999', '{"_run": 7}'), ('run:9999998', '{"_run": {"id": "1"}}'),
       ('schedule:' || $1, '{"report": 1}'), ('run:' || $2, '{"_run": {"id": null}}')
     ) j(key, payload), lateral (select j.payload::json) p(payload)`,
    [schedule, run],
  )
  await client.query(
    `select graphile_worker.add_job('theirs', '{"_run": {"id": "1", "scheduledFor": "never"}}', max_attempts => 1)`,
  )
}
const theirs = async (client: ClientBase) =>
  (
    await client.query<Record<string, unknown>>(
      `select id, key, attempts, max_attempts, run_at, priority, queue_name, locked_by from graphile_worker.jobs where task_identifier = 'theirs' order by id`,
    )
  ).rows

describe("a host's jobs under keys that look like Almanac's", () => {
  it('are unlocked when their worker is lost, and stay as they are', () =>
    inTransaction(db, async (client) => {
      await addLookAlikes(client, await prepare(client))
      const before = await theirs(client)
      await client.query(
        `select almanac_private.heartbeat(almanac_private.register_worker('a', 'a', 1, '1', 1), array['pool-x'])`,
      )
      await client.query(
        `update graphile_worker._private_jobs set locked_by = 'pool-x', locked_at = now(), attempts = attempts + 1`,
      )
      await client.query(`update almanac.workers set last_heartbeat_at = now() - interval '1 minute'`)

      const { rows } = await client.query(`select almanac_private.reap_workers() as lost`)

      expect(rows).toEqual([{ lost: 1 }])
      expect(await theirs(client)).toEqual(before.map((job) => ({ ...job, attempts: 1 })))
    }))

  it('are left alone by repairs, which say what is in the way', () =>
    inTransaction(db, async (client) => {
      const ids = await prepare(client)
      await addLookAlikes(client, ids)
      const before = await theirs(client)

      const repairs = await client.query(`select repair, detail from almanac.reconcile()`)

      expect(repairs.rows).toEqual([
        {
          repair: 'blocked',
          detail: `The job schedule:${ids.schedule} is not Almanac's and was left alone. Rename its key. While it is there, only a ticker fires the schedule.`,
        },
      ])
      expect(await theirs(client)).toEqual(before)
      await client.query(`select graphile_worker.remove_job('schedule:' || $1)`, [ids.schedule])
      expect((await client.query(`select repair from almanac.reconcile()`)).rows).toEqual([
        { repair: 'armed' },
      ])
    }))

  it('are left alone when schedules are paused, stopped or deleted and runs are cancelled', () =>
    inTransaction(db, async (client) => {
      const ids = await prepare(client)
      await addLookAlikes(client, ids)
      const before = await theirs(client)

      await client.query(`select almanac.pause_all()`)
      await client.query(`select almanac.resume_all()`)
      await client.query(`update almanac_private.live_runs set counts_toward_overlap = true`)
      await client.query(`select almanac_private.cancel_live_runs($1, 'asked for')`, [ids.schedule])
      await client.query(`update almanac.schedules set status = 'paused'`)
      await client.query(`delete from almanac.schedules`)

      expect(await theirs(client)).toEqual(before)
    }))
})

it('a failed attempt that was recorded and not completed leaves no job when its worker is lost', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_every('x', '1 hour', 'almanac:noop', settings => '{"max_attempts": 2}')`,
    )
    await client.query(`select almanac.trigger_now('x')`)
    await client.query(
      `update graphile_worker._private_jobs set locked_by = 'pool-x', locked_at = now(), attempts = 1 where key like 'run:%'`,
    )
    await client.query(`
      with w as materialized (select almanac_private.register_worker('a', 'a', 1, '1', 1) as id),
        h as materialized (select w.id, almanac_private.heartbeat(w.id, array['pool-x']) from w)
      select b.attempt, f.count
      from h, almanac.runs r, graphile_worker.jobs j,
        almanac_private.begin_runs(h.id, array[r.id], array[r.scheduled_for], array[j.id]) b,
        almanac_private.finish_runs(h.id, jsonb_build_array(jsonb_build_object('runId', b.run_id, 'scheduledFor', r.scheduled_for, 'status', 'failed', 'error', 'e'))) f(count)
      where j.key = 'run:' || r.id`)
    const jobs = `select key is null as keyless, locked_by from graphile_worker.jobs where task_identifier = 'almanac-run:almanac:noop' order by id`
    expect((await client.query(jobs)).rows).toEqual([
      { keyless: true, locked_by: 'pool-x' },
      { keyless: false, locked_by: null },
    ])

    await client.query(`select almanac_private.mark_worker_lost(id) from almanac.workers`)

    expect((await client.query(jobs)).rows).toEqual([{ keyless: false, locked_by: null }])
  }))

it("Graphile Worker's own tables and functions are as it installed them", async () => {
  const [ours, fresh] = [await createEmptyDatabase(), await createEmptyDatabase()]
  try {
    await applyMigrations({ connectionString: ours.connectionString, withCurrent: true })
    await runMigrations({ connectionString: fresh.connectionString })

    expect(await describeSchema(ours)).toEqual(await describeSchema(fresh))
    // What is added: rights for the workers' role.
    expect(
      await ours.query(
        `select distinct p.polname as name, p.polroles::regrole[]::text as roles from pg_policy p
         join pg_class c on c.oid = p.polrelid where c.relnamespace = 'graphile_worker'::regnamespace`,
      ),
    ).toEqual([{ name: 'almanac_worker', roles: '{almanac_worker}' }])
  } finally {
    await Promise.all([ours.drop(), fresh.drop()])
  }
})

/** All of the schema graphile_worker but rights, a line each. */
async function describeSchema(database: TestDatabase): Promise<string[]> {
  const lines = await database.query<{ line: string }>(`
    select line from (
      select format('%s %s %s %s', c.relkind, c.oid::regclass, c.relrowsecurity, c.reloptions) as line
      from pg_class c where c.relnamespace = 'graphile_worker'::regnamespace
      union all
      select format('column %s.%s %s %s %s %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
        pg_get_expr(d.adbin, d.adrelid))
      from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where c.relnamespace = 'graphile_worker'::regnamespace and a.attnum > 0 and not a.attisdropped
      union all
      select 'index ' || pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indrelid
      where c.relnamespace = 'graphile_worker'::regnamespace
      union all
      select format('constraint %s on %s %s', n.conname, n.conrelid::regclass, pg_get_constraintdef(n.oid)) from pg_constraint n
      where n.connamespace = 'graphile_worker'::regnamespace
      union all
      select 'trigger ' || pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where c.relnamespace = 'graphile_worker'::regnamespace
      union all
      select format('rule %s on %s', r.rulename, r.ev_class::regclass) from pg_rewrite r join pg_class c on c.oid = r.ev_class
      where c.relnamespace = 'graphile_worker'::regnamespace
      union all
      select pg_get_functiondef(p.oid) from pg_proc p where p.pronamespace = 'graphile_worker'::regnamespace
      union all
      select format('view %s %s', c.oid::regclass, pg_get_viewdef(c.oid)) from pg_class c
      where c.relnamespace = 'graphile_worker'::regnamespace and c.relkind = 'v'
      union all
      select format('comment %s %s', d.objoid::regclass, d.description) from pg_description d join pg_class c on c.oid = d.objoid
      where d.classoid = 'pg_class'::regclass and c.relnamespace = 'graphile_worker'::regnamespace
      union all
      select format('migration %s', m.id) from graphile_worker.migrations m
    ) l order by line collate "C"`)
  return lines.map(({ line }) => line)
}
