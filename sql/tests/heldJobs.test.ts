import type { Client } from 'pg'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

/** A session that holds rows of Graphile Worker's tables, as a person's does that looks into them. */
const db = useTestDatabase()
let holder: Client
let worker: Client
beforeAll(async () => {
  holder = await db.connect()
  worker = await db.connect('worker')
  await worker.query(`set lock_timeout to '1ms'`)
  await db.query(`insert into almanac.schedules (name, kind, task_identifier)
    select name, 'manual', 'almanac:noop' from unnest(array['held', 'other']) name`)
})
beforeEach(async () => {
  await holder.query('rollback')
  await db.query(`select almanac.cancel_run(id) from almanac.runs where finished_at is null`)
  await db.query(`select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))`)
  await db.query(`update almanac.workers set status = 'stopped', pool_ids = '{}'`)
  await db.query(
    `truncate almanac.runs, almanac.run_attempts, almanac_private.live_runs, almanac_private.held_runs`,
  )
})

const jobOf = (name: string) =>
  `select j.id from graphile_worker._private_jobs j join almanac.runs r on j.key = 'run:' || r.id where r.schedule_name = '${name}'`
const hold = (name: string) =>
  holder.query(`begin; select from graphile_worker._private_jobs where id in (${jobOf(name)}) for update`)

/** A worker that has fetched the jobs of both schedules, and begun the runs of some. */
async function fetched(...begun: string[]): Promise<string> {
  await db.query(`select almanac.trigger_now(name) from unnest(array['held', 'other']) name`)
  const [row] = await db.query<{ id: string }>(
    `select almanac_private.register_worker('w', 'w', 1, '0', 1) as id`,
  )
  await db.query(`select almanac_private.heartbeat($1, array['pool'])`, [row!.id])
  await db.query(`update graphile_worker._private_jobs set locked_at = now(), locked_by = 'pool', attempts = 1
    where key like 'run:%'`)
  await db.query(
    `select almanac_private.begin_runs($1, array_agg(r.id), array_agg(r.scheduled_for), array_agg(j.id))
     from almanac.runs r join graphile_worker.jobs j on j.key = 'run:' || r.id where r.schedule_name = any ($2)`,
    [row!.id, begun],
  )
  return row!.id
}

const reap = async () =>
  (
    await worker.query<{ lost: number }>(
      `select almanac_private.reap_workers(clock_timestamp() + interval '16 seconds') as lost`,
    )
  ).rows[0]!.lost
const state = () =>
  db.query<{ run: string; isFree: boolean }>(
    `select r.schedule_name || ' ' || r.status as run,
       exists (select from graphile_worker.jobs j where j.key = 'run:' || r.id and j.locked_by is null) as "isFree"
     from almanac.runs r where r.finished_at is null order by r.id`,
  )

test.each([
  ['fetched', [], 'queued'],
  ['begun', ['held', 'other'], 'retrying'],
])(
  'what a lost worker had %s others take over, but for a job that someone holds, which follows',
  async (_, begun, after) => {
    await fetched(...begun)
    await hold('held')

    expect(await reap()).toBe(1)
    const meanwhile = await state()
    expect(await reap()).toBe(0)
    await holder.query('rollback')
    expect(await reap()).toBe(0)

    expect(meanwhile).toEqual([
      { run: `held ${begun.length > 0 ? 'running' : 'queued'}`, isFree: false },
      { run: `other ${after}`, isFree: true },
    ])
    expect(await state()).toEqual([
      { run: `held ${after}`, isFree: true },
      { run: `other ${after}`, isFree: true },
    ])
    expect(await db.query(`select from almanac.workers where status = 'lost' and pool_ids <> '{}'`)).toEqual(
      [],
    )
    expect(await db.query(`select from almanac.run_attempts`)).toHaveLength(begun.length)
  },
)

test('a run of a lost worker that someone holds follows, too', async () => {
  await fetched('held', 'other')
  await holder.query(`begin; select from almanac.runs where schedule_name = 'held' for update`)

  expect(await reap()).toBe(1)
  const meanwhile = await state()
  await holder.query('rollback')
  await reap()

  expect(meanwhile.map(({ run }) => run)).toEqual(['held running', 'other retrying'])
  expect(await state()).toEqual([
    { run: 'held retrying', isFree: true },
    { run: 'other retrying', isFree: true },
  ])
})

test('an attempt that failed is recorded once its job is free, and others of its batch at once', async () => {
  const id = await fetched('held', 'other')
  await hold('held')
  const finish = async () =>
    (
      await worker.query<{ held: string[] }>(
        `select almanac_private.finish_runs($1, (select jsonb_agg(jsonb_build_object('runId', id, 'scheduledFor', scheduled_for,
         'status', 'failed', 'error', 'no')) from almanac.runs where status = 'running'))::text[] as held`,
        [id],
      )
    ).rows[0]!.held

  const held = await finish()
  const meanwhile = await state()
  await holder.query('rollback')

  expect(held).toHaveLength(1)
  expect(meanwhile.map(({ run }) => run)).toEqual(['held running', 'other retrying'])
  expect(await finish()).toEqual([])
  expect((await state()).map(({ run }) => run)).toEqual(['held retrying', 'other retrying'])
  expect(await db.query(`select from almanac.run_attempts`)).toHaveLength(2)
})
