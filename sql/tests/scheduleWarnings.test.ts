import { beforeAll, beforeEach, expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()
beforeAll(async () => {
  await db.query(`select almanac.register_task('test:gate', 'Gate')`)
})
beforeEach(async () => {
  await db.query(
    `select almanac.unschedule(name) from almanac.schedules where not is_system and deleted_at is null`,
  )
})

const cron = (name: string, rule: string, settings: object = {}, task = 'almanac:noop') =>
  db.query(`select almanac.schedule_cron($1, $2, $3, settings => $4)`, [name, rule, task, settings])
/** Runs of a schedule that took that many minutes each. */
const ran = (name: string, minutes: number, count = 5) =>
  db.query(
    `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger,
       status, attempt, max_attempts, priority, run_as, queued_at, started_at, finished_at)
     select s.id, s.name, s.task_identifier, '{}', o.at, o.at, 'manual', 'succeeded', 1, 3, 0, s.run_as, o.at, o.at,
       o.at + $2 * interval '1 minute'
     from almanac.schedules s
     cross join (select now() - n * interval '1 day' as at from generate_series(1, $3) n) o where s.name = $1`,
    [name, minutes, count],
  )
const warnings = async (count = 2000) =>
  (
    await db.query<{ text: string }>(
      `select concat_ws(', ', s.name, w.warning, w.detail, w.p95, w.distance) as text
       from almanac.schedule_warnings($1) w join almanac.schedules s on s.id = w.schedule_id
       where not s.is_system order by 1`,
      [count],
    )
  ).map(({ text }) => text)

it('a schedule that runs as it should has none', async () => {
  await cron('fine', '0 * * * *')
  await ran('fine', 59)

  expect(await warnings()).toEqual([])
})

it('one that can never run has one, by its rule or by its calendars', async () => {
  await cron('no such day', '0 0 30 2 *')
  await db.query(`select almanac.create_calendar('always', timezone => 'UTC')`)
  await db.query(`select almanac.exclude_range('always', '2000-01-01', '2200-01-01', 'Closed')`)
  await cron('shut out', '0 3 * * *', { calendars: ['always'], ends_at: '2150-01-01' })

  expect(await warnings()).toEqual([
    'no such day, never runs, No date ever matches its rule, 0 0 30 2 *.',
    expect.stringMatching(/^shut out, never runs, Its calendars \(always\) exclude every time/),
  ])
})

it.each([
  ['skip', 'What is due while a run is running is skipped.'],
  ['queue_one', 'The next one waits until the run is over.'],
  ['queue_all', 'The next one waits until the run is over.'],
  ['cancel_running', 'The next one cancels a run that is still running.'],
])(
  'one that takes longer than until its next time has one, with what %s does then',
  async (policy, detail) => {
    await cron('long', '0 9,10 * * *', { overlap_policy: policy })
    await ran('long', 61)

    expect(await warnings()).toEqual([`long, outlasts its slot, ${detail}, 01:01:00, 01:00:00`])
  },
)

it('the shortest distance counts, that of intervals too, and one where several may run at once has none', async () => {
  await db.query(`select almanac.schedule_every('each', interval '20 minutes', 'almanac:noop')`)
  await ran('each', 25)
  await cron('several', '0 * * * *', { overlap_policy: 'allow' })
  await ran('several', 90)

  expect(await warnings()).toEqual([
    'each, outlasts its slot, What is due while a run is running is skipped., 00:25:00, 00:20:00',
  ])
})

it('one whose task no running worker has has one, but not where no worker runs at all', async () => {
  await cron('gated', '0 * * * *', {}, 'test:gate')
  expect(await warnings()).toEqual([])

  await db.query(
    `insert into almanac.workers (name, host, pid, version, concurrency, tasks) values ('w', 'w', 1, '0', 1, '{other}')`,
  )
  expect(await warnings()).toEqual(['gated, no worker, No running worker has the task test:gate.'])
  await db.query(`update almanac.workers set tasks = '{test:gate}'`)
  expect(await warnings()).toEqual([])
  await db.query(`delete from almanac.workers`)
})

it('a disabled or deleted one has none, and no more are looked at than asked for', async () => {
  await cron('off', '0 0 30 2 *')
  await db.query(
    `select almanac.update_schedule(id, '{"status": "disabled"}') from almanac.schedules where name = 'off'`,
  )

  expect(await warnings()).toEqual([])
  await expect(warnings(0)).rejects.toThrow('max_count must be between 1 and 10000.')
  await expect(warnings(10_001)).rejects.toThrow('max_count must be between 1 and 10000.')
})

it('every role may ask, and no one else', async () => {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int from information_schema.routine_privileges
     where routine_name in ('schedule_warnings', 'shortest_distance') and grantee = 'PUBLIC'`,
  )

  expect(row!.count).toBe(0)
})
