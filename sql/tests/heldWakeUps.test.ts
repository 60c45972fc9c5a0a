import type { Client } from 'pg'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

/** A DBA holds the wake-up job of one schedule locked. Whatever has to do with it passes it over, and comes back to it. */
const db = useTestDatabase()
let holder: Client
let worker: Client
let person: Client
beforeAll(async () => {
  holder = await db.connect()
  worker = await db.connect('worker')
  person = await db.connect()
  for (const client of [worker, person]) await client.query(`set lock_timeout to '50ms'`)
  await db.query(`select almanac.register_task('fresh')`)
})

const FIRST = '2100-01-01T00:00:00Z'
const SECOND = '2100-01-01T00:00:01Z'

beforeEach(async () => {
  await holder.query('rollback')
  await db.query(`
    select almanac.enable_task(task_identifier) from almanac.task_stops where resumed_at is null;
    delete from almanac.schedules where not is_system;
    delete from almanac.runs;
    delete from almanac_private.live_runs;
    delete from graphile_worker._private_jobs where key !~ '^schedule:' or key is null;
    insert into almanac.schedules (name, kind, every, starts_at, task_identifier)
    select name, 'interval', '1 second', '${FIRST}', 'fresh' from unnest(array['held', 'other']) name`)
})

const jobOf = (name: string) => `'schedule:' || (select id from almanac.schedules where name = '${name}')`
const hold = (name = 'held') =>
  holder.query(`begin; select from graphile_worker._private_jobs where key = ${jobOf(name)} for update`)
const takeByWorker = () =>
  db.query(
    `update graphile_worker._private_jobs set locked_at = now(), locked_by = 'pool' where key in (${['held', 'other'].map(jobOf).join()})`,
  )
/** When the schedules are woken, and whether a worker has their jobs. */
const wakeUps = () =>
  db.query<{ name: string; at: Date | null; hasWorker: boolean | null }>(
    `select s.name, j.run_at as at, j.locked_at is not null as "hasWorker" from almanac.schedules s
     left join graphile_worker.jobs j on j.key = 'schedule:' || s.id where not s.is_system order by s.name`,
  )
const runs = () =>
  db.query(`select schedule_name as name, scheduled_for as at from almanac.runs order by 2, 1`)
const fire = (at: string) => worker.query(`select almanac_private.fire_due($1)`, [at])
const wake = (at: string) =>
  worker.query(
    `select almanac_private.wake(array(select id from almanac.schedules where not is_system), $1)`,
    [at],
  )

const wait = async () =>
  (
    await db.query<{ delay: number }>(
      `select extract(epoch from almanac_private.arm_delay())::float8 as delay`,
    )
  )[0]!.delay * 1000
const after = async (at: string) => new Date(Date.parse(at) + (await wait()))

test('schedules fire, that of the job too, whose wake-up follows once it is free', async () => {
  await hold()

  await fire(FIRST)

  expect(await runs()).toEqual([
    { name: 'held', at: new Date(FIRST) },
    { name: 'other', at: new Date(FIRST) },
  ])
  expect(await wakeUps()).toEqual([
    { name: 'held', at: await after(FIRST), hasWorker: false },
    { name: 'other', at: await after(SECOND), hasWorker: false },
  ])
  await holder.query('rollback')
  await fire(SECOND)
  expect((await wakeUps()).map(({ at }) => at)).toEqual(Array(2).fill(await after('2100-01-01T00:00:02Z')))
})

test.each([
  ['fire', fire],
  ['are woken', wake],
])('schedules %s while a worker has their jobs, one of which is held', async (_, act) => {
  await takeByWorker()
  await hold()

  await act(FIRST)

  expect(await runs()).toHaveLength(2)
  expect(await wakeUps()).toEqual([
    { name: 'held', at: await after(FIRST), hasWorker: true },
    { name: 'other', at: await after(SECOND), hasWorker: false },
  ])
})

test('a schedule that has ended is woken for nothing, once its job is free', async () => {
  await db.query(`update almanac.schedules set ends_at = '${SECOND}' where not is_system`)
  await hold()

  await fire(FIRST)
  expect((await wakeUps()).map(({ name, at }) => [name, at !== null])).toEqual([
    ['held', true],
    ['other', false],
  ])
  await holder.query('rollback')
  await takeByWorker()
  await wake(SECOND)

  expect((await wakeUps()).map(({ at }) => at)).toEqual([null, null])
})

test('schedules of a role that has met a limit are put off', async () => {
  const operator = await db.connect('operator')
  await operator.query(`insert into almanac.schedules (name, kind, every, starts_at, task_identifier)
    select name, 'interval', '1 second', '${FIRST}', 'fresh' from unnest(array['held by a role', 'other of a role']) name`)
  await operator.end()
  await db.query(`update almanac_private.settings set value = '0' where key = 'runs_per_hour'`)
  await hold('held by a role')

  await fire(FIRST)
  await db.query(`update almanac_private.settings set value = '1000000' where key = 'runs_per_hour'`)

  expect((await wakeUps()).map(({ name, at }) => [name, at! > new Date('2100-01-01T00:01Z')])).toEqual([
    ['held', false],
    ['held by a role', false],
    ['other', false],
    ['other of a role', true],
  ])
})

test('those of a task that is switched off are put off, and resumed', async () => {
  await db.query(`select almanac.disable_task('fresh')`)
  await hold()
  await fire(FIRST)
  expect((await wakeUps()).map(({ at }) => at! > new Date('2100-01-01T00:01Z'))).toEqual([false, true])

  await person.query(`select almanac.enable_task('fresh')`)
})

test.each([
  ['changes', `update almanac.schedules set starts_at = '2100-01-02Z' where not is_system`],
  ['pauses', `select almanac.pause(name) from almanac.schedules where not is_system`],
  ['deletes', `select almanac.unschedule(name) from almanac.schedules where not is_system`],
  [
    'moves an occurrence of',
    `select almanac.move_occurrence(name, '${FIRST}', '2101-01-01Z') from almanac.schedules where not is_system`,
  ],
  ['stops and resumes', `select almanac.pause_all('x'); select almanac.resume_all()`],
])('anyone who %s schedules does not wait', async (_, statement) => {
  await hold()

  await expect(person.query(statement)).resolves.toBeDefined()
})

test('jobs are repaired, that which is held once it is free', async () => {
  await db.query(
    `update graphile_worker._private_jobs set run_at = '2200-01-01Z', attempts = max_attempts where key like 'schedule:%'`,
  )
  await hold()
  const repair = async () =>
    (
      await person.query<{ what: string }>(
        `select repair || ' ' || schedule_name as what from almanac.reconcile() where schedule_name in ('held', 'other') order by 1`,
      )
    ).rows.map(({ what }) => what)

  expect(await repair()).toEqual(['armed other'])
  await holder.query('rollback')
  expect(await repair()).toEqual(['armed held'])
})
