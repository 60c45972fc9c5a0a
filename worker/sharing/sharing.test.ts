import { expect, test } from 'vitest'
import { createGate, type Gate } from '../testing/gate.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

const RUNNING = `where schedule_name like 'attack %' and status = 'running'`
const count = async (text: string) =>
  (await workers.query<{ count: number }>(`select count(*)::int from almanac.runs ${text}`))[0]!.count

/** Runs of an operator, as many as that, all due now. */
async function flood(runs: number, task: string, payload: object = {}): Promise<void> {
  const operator = await workers.database.connect('operator')
  await workers.query('select almanac.register_task($1)', [task])
  await operator.query(
    `select almanac.schedule_at('attack ' || i, now() + interval '1 hour', $1, $2) from generate_series(1, $3) i`,
    [task, payload, runs],
  )
  await operator.query(`select almanac.trigger_now('attack ' || i) from generate_series(1, $1) i`, [runs])
  await operator.end()
}

/** The owner's schedule, each run of which is skipped if the one before has not ended. */
const everyTwoSeconds = (name: string, task = 'almanac:noop', payload = {}) =>
  workers.insert({ name, kind: 'interval', every: '2 seconds', task_identifier: task, payload })

const succeeds = (name: string, times: number) =>
  until(`${name} has succeeded ${times} times`, async () => {
    const done = await count(`where schedule_name = '${name}' and status = 'succeeded'`)
    return done >= times
  })
const expectPunctual = async (name: string) => {
  expect(
    await count(`where schedule_name = '${name}' and status not in ('succeeded', 'running', 'queued')`),
  ).toBe(0)
  expect(await workers.query(`select from almanac.omissions where schedule_name = '${name}'`)).toEqual([])
}
const allInLine = (queued: number) =>
  until(`${queued} runs wait in line`, async () => {
    const lined = await workers.query(
      `select from graphile_worker.jobs j join almanac.runs r on j.key = 'run:' || r.id
       where r.schedule_name like 'attack %' and r.status = 'queued' and j.flags ? 'almanac:waits_for_slot'`,
    )
    return lined.length === queued
  })

/** Lets so many runs end, and waits for all that there are. */
async function letEnd(gate: Gate, runs: number): Promise<void> {
  for (let run = 0; run < runs; run++) gate.open()
  for (let run = 0; run < runs; run++) {
    await gate.entered()
    gate.open()
  }
  await until('all have ended', async () => (await count(`where status in ('queued', 'running')`)) === 0)
}

test("runs of one role that take long leave a slot, and others' schedules stay punctual", async () => {
  const gate = createGate()
  await everyTwoSeconds('punctual')
  await flood(40, 'gate')

  await workers.start({ concurrency: 3, tasks: { gate: gate.task } })

  await succeeds('punctual', 4)
  await allInLine(38)
  expect(await count(RUNNING)).toBe(2)
  await expectPunctual('punctual')
  await letEnd(gate, 40)
})

test("runs of one user of the web client leave slots to the others', although all run as one role", async () => {
  const gate = createGate()
  await workers.query(`select almanac.register_task('gate')`)
  await everyTwoSeconds('punctual')
  await workers.insert({
    ...{ name: 'attack 1', kind: 'interval', every: '1 second', task_identifier: 'gate' },
    overlap_policy: 'allow',
  })
  await workers.query(`
    insert into almanac.users (username, role) values ('ann', 'operator'), ('bob', 'operator');
    alter table almanac.schedules disable trigger user;
    update almanac.schedules s set run_as = 'almanac_operator', owner_user = u.id from almanac.users u
    where u.username = case s.name when 'punctual' then 'bob' when 'attack 1' then 'ann' end;
    alter table almanac.schedules enable trigger user`)

  const worker = await workers.start({ concurrency: 3, tasks: { gate: gate.task } })

  await until('ann holds what one may', async () => (await count(RUNNING)) === 2)
  await succeeds('punctual', 3)
  await expectPunctual('punctual')
  expect(await count(RUNNING)).toBe(2)
  await workers.query(`select almanac.unschedule('attack 1')`)
  await letEnd(gate, 2)
  await worker.close()
})

test('statements that have no connection are not running, and leave one for others', async () => {
  const lock = await workers.database.connect()
  await lock.query('select pg_advisory_lock(4712)')
  await everyTwoSeconds('punctual', 'almanac:sql', { statement: 'select 1' })
  await flood(10, 'almanac:sql', { statement: 'select pg_advisory_xact_lock(4712)' })

  await workers.start({
    sqlUrl: workers.database.connectionStringFor('plain'),
    concurrency: 20,
    sqlConnections: 3,
  })

  await succeeds('punctual', 3)
  await allInLine(8)
  expect(await count(RUNNING)).toBe(2)
  await expectPunctual('punctual')
  await lock.end()
  await until('all have ended', async () => (await count(`where status in ('queued', 'running')`)) === 0)
})

test("a role's first schedule is noticed at once: of a role alone until then, runs leave it a slot", async () => {
  const gate = createGate()
  await workers.start({ concurrency: 3, tasks: { gate: gate.task } })
  await workers.trigger('before', 'almanac:noop')
  await workers.run('before', 'succeeded')

  await workers.insert({
    name: 'first',
    kind: 'interval',
    every: '1 hour',
    task_identifier: 'almanac:noop',
  })
  await flood(20, 'gate')

  // Those that had begun by then may have had all three.
  await until('others are left a slot', async () => {
    if ((await count(RUNNING)) === 3) gate.open()
    else return (await count(RUNNING)) === 2 && (await count(`where status = 'queued'`)) > 2
  })
  await letEnd(gate, 20)
})

test('a run that was put back begins as soon as another ends, however late its job is due', async () => {
  const gate = createGate()
  const done = `where schedule_name like 'attack %' and status = 'succeeded'`
  const before = await count(done)
  await everyTwoSeconds('punctual')
  await workers.start({ concurrency: 2, pollInterval: 600_000, tasks: { gate: gate.task } })
  await workers.run('punctual', 'succeeded')
  await flood(5, 'gate')
  await allInLine(4)
  await workers.query(
    `select from graphile_worker.reschedule_jobs(array(
       select id from graphile_worker.jobs where flags ? 'almanac:waits_for_slot'), run_at => now() + interval '5 minutes')`,
  )

  await letEnd(gate, 5)

  expect((await count(done)) - before).toBe(5)
})

test('a run that another worker put back begins as soon as such a one ends here, without a poll', async () => {
  const gate = createGate()
  await flood(2, 'gate')
  const due = (run: 'min' | 'max', at: string) =>
    workers.query(
      `update graphile_worker._private_jobs set flags = '{"almanac:waits_for_slot": true}', run_at = ${at}
       where key = (select 'run:' || ${run}(id) from almanac.runs where status = 'queued')`,
    )
  await due('max', `now() + interval '1 hour'`)
  await due('min', 'now()')
  await workers.start({ concurrency: 2, pollInterval: 600_000, tasks: { gate: gate.task } })
  await gate.entered()
  await due('max', 'now()')

  gate.open()

  await gate.entered()
  gate.open()
  await until('all have ended', async () => (await count(`where status in ('queued', 'running')`)) === 0)
})

test('a role alone has all slots', async () => {
  const gate = createGate()
  await flood(5, 'gate')

  await workers.start({ concurrency: 4, tasks: { gate: gate.task } })

  for (let run = 0; run < 4; run++) await gate.entered()
  expect(await count(RUNNING)).toBe(4)
  for (let run = 0; run < 4; run++) gate.open()
  await gate.entered()
  gate.open()
  await until('all have ended', async () => (await count(`where status in ('queued', 'running')`)) === 0)
})
