import { expect, it } from 'vitest'
import { Client, type ClientBase } from 'pg'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const CHECK = `select problem, scheduled_for from almanac.check_ledger(now() - interval '3 hours', now())`
/** A schedule of every minute of the last hour: ten minutes missed, fifty run and over. */
async function history(client: ClientBase): Promise<void> {
  await client.query(
    `select almanac.schedule_cron('x', '* * * * *', 'almanac:noop', settings => '{"missed_run_policy": "run_all", "catchup_window": "50 minutes", "overlap_policy": "allow", "catchup_per_minute": 1000}')`,
  )
  await client.query(`set local almanac.engine to 'on'`)
  await client.query(
    `update almanac.schedules set created_at = now() - interval '1 hour', cursor_at = now() - interval '1 hour', next_scheduled_for = date_trunc('minute', now()) - interval '58 minutes', next_run_at = date_trunc('minute', now()) - interval '58 minutes'`,
  )
  await client.query(`set local almanac.engine to 'off'`)
  await client.query(`update almanac_private.rule_versions set valid_from = now() - interval '1 hour'`)
  await client.query(`select almanac_private.fire_due()`)
  await client.query(
    `update almanac.runs set status = 'succeeded', finished_at = now(); delete from almanac_private.live_runs`,
  )
}

it('what is purged, in parts, is gone, and not missed by the ledger check', () =>
  inTransaction(db, async (client) => {
    await history(client)
    expect((await client.query(CHECK)).rows).toEqual([])

    const parts: unknown[] = []
    for (let isDone = false; !isDone;) {
      const { rows } = await asRole(client, 'almanac_admin', (as) =>
        as.query<{ is_done: boolean; runs: string }>(
          `select * from almanac.purge(now() - interval '20 minutes', 20)`,
        ),
      )
      isDone = rows[0]!.is_done
      parts.push(Number(rows[0]!.runs))
    }

    expect(parts).toHaveLength(2)
    expect(
      (
        await client.query(
          `select min(scheduled_for) >= now() - interval '20 minutes' as kept, count(*) > 15 as many from almanac.runs`,
        )
      ).rows,
    ).toEqual([{ kept: true, many: true }])
    expect((await client.query(`select from almanac.omissions`)).rowCount).toBe(0)
    expect((await client.query(CHECK)).rows).toEqual([])
  }))

it('what is deleted manually is not missed, but what is lost next to it is', () =>
  inTransaction(db, async (client) => {
    await history(client)

    await client.query(`delete from almanac.runs where scheduled_for < now() - interval '30 minutes'`)
    await client.query(`delete from almanac.omissions`)
    expect((await client.query(CHECK)).rows).toEqual([])

    await client.query(
      `update almanac.runs set trigger = 'manual' where id = (select max(id) from almanac.runs)`,
    )
    expect((await client.query(CHECK)).rows).toMatchObject([{ problem: 'missing' }])
  }))

it('what is lost between deleted runs is found, whatever range is checked', () =>
  inTransaction(db, async (client) => {
    await history(client)
    await client.query(`delete from almanac.runs where extract(minute from scheduled_for)::integer % 2 = 0`)
    expect((await client.query(CHECK)).rows).toEqual([])
    const { rows: lost } = await client.query(
      `update almanac.runs set trigger = 'manual'
       where id in (select id from almanac.runs order by scheduled_for desc offset 3 limit 2)
       returning 'missing' as problem, scheduled_for`,
    )

    for (const range of ['3 hours', '20 minutes'])
      expect(
        (
          await client.query(
            `select problem, scheduled_for from almanac.check_ledger(now() - $1::interval) order by scheduled_for`,
            [range],
          )
        ).rows,
      ).toEqual(expect.arrayContaining(lost))
    expect((await client.query(CHECK)).rows).toHaveLength(lost.length)
  }))

it('deleted runs are noted by schedule and day, each by its time', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `insert into almanac.runs (schedule_id, schedule_name, scheduled_for, trigger, status, task_identifier, payload, due_at, run_as,
         max_attempts, priority, started_at, finished_at)
       select n.id, 'x', n.at, 'schedule', 'succeeded', 'almanac:noop', '{}', n.at, current_user, 1, 0, now(), now()
       from (values (1, '2040-01-01 10:00+00'::timestamptz), (1, '2040-01-01 23:59+00'), (1, '2040-01-02 00:00+00'),
         (2, '2040-01-01 10:00+00')) n (id, at)`,
    )

    await client.query(`set local timezone to 'Asia/Tokyo'`)
    await client.query(`delete from almanac.runs`)

    expect(
      (
        await client.query(
          `select schedule_id::int as id, array_to_string(array(
             select to_char(t at time zone 'UTC', 'DD HH24:MI') from unnest(times) t), ', ') as times
           from almanac_private.deleted_history order by 1, 2`,
        )
      ).rows,
    ).toEqual([
      { id: 1, times: '01 10:00, 01 23:59' },
      { id: 1, times: '02 00:00' },
      { id: 2, times: '01 10:00' },
    ])
  }))

/** The partitions that have runs. */
const filled = async (client: ClientBase): Promise<string[]> =>
  (
    await client.query<{ name: string }>(`select distinct tableoid::regclass::text as name from almanac.runs`)
  ).rows.map(({ name }) => name)

it.each([
  ['deleted', 'delete from almanac.runs; delete from almanac.omissions'],
  ['truncated', 'truncate almanac.runs, almanac.omissions'],
])('what is %s is not missed, and is noted once', (_, statements) =>
  inTransaction(db, async (client) => {
    await history(client)
    const [{ count } = { count: 0 }] = (
      await client.query<{ count: number }>(
        `select count(*)::int from almanac.runs where trigger = 'schedule'`,
      )
    ).rows

    await client.query(statements)

    expect((await client.query(CHECK)).rows).toEqual([])
    expect(
      (
        await client.query(
          `select sum(cardinality(times))::int as count from almanac_private.deleted_history`,
        )
      ).rows,
    ).toEqual([{ count }])
  }),
)

it.each(['delete from', 'truncate'])('what %s takes from one partition is not missed either', (statement) =>
  inTransaction(db, async (client) => {
    await history(client)
    const partitions = await filled(client)
    expect(partitions).not.toEqual([])

    for (const partition of partitions) await client.query(`${statement} ${partition}`)

    expect((await client.query(CHECK)).rows).toEqual([])
  }),
)

it('a new partition notes what is deleted from it, like all others', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac_private.ensure_partitions('2093-03-07', 0)`)

    expect(
      (
        await client.query(
          `select c.relname, array_agg(t.tgname::text order by t.tgname) as triggers
           from pg_inherits i join pg_class c on c.oid = i.inhrelid left join pg_trigger t on t.tgrelid = c.oid
           where i.inhparent = 'almanac.runs'::regclass group by c.relname
           having array_agg(t.tgname::text order by t.tgname) is distinct from
             '{_800_note_deleted,_800_note_truncated,_850_note_added_late,_850_note_changed_late,_860_note_failed,_860_note_failure}'`,
        )
      ).rows,
    ).toEqual([])
  }))

it('what has not finished is not purged', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_cron('x', '* * * * *', 'almanac:noop'), almanac.trigger_now('x')`,
    )

    await client.query(`select almanac.purge(statement_timestamp())`)

    expect((await client.query(`select status from almanac.runs`)).rows).toEqual([{ status: 'queued' }])
  }))

it.each([`null`, `'infinity'`, `'-infinity'`, `now() + interval '1 hour'`])(
  'history is not purged up to %s',
  async (before) => {
    expect(await refusal(db.query(`select almanac.purge(${before})`))).toMatchObject({ code: 'AL021' })
  },
)

it('only an admin purges', async () => {
  const operator = await db.connect('operator')

  expect((await refusal(operator.query(`select almanac.purge(now())`))).code).toBe('AL011')
  await operator.end()
})

it('history is purged under a publication for all tables', async () => {
  const admin = new Client({ connectionString: db.adminConnectionString })
  await admin.connect()
  await admin.query('create publication everything for all tables')

  try {
    await inTransaction(db, async (client) => {
      await history(client)
      await client.query('delete from almanac.runs where finished_at is not null')
      await client.query('select almanac.purge(now())')

      expect((await client.query('select from almanac_private.deleted_history')).rows).toEqual([])
    })
  } finally {
    await admin.query('drop publication everything')
    await admin.end()
  }
})
