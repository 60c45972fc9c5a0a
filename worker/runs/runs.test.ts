import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createGate } from '../testing/gate.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

test('a run is queued, then running, then succeeded with what its task returned', async () => {
  const gate = createGate()
  await workers.start({ concurrency: 1, tasks: { gate: gate.task } })

  await workers.trigger('first', 'gate')
  await gate.entered()
  await workers.trigger('second', 'gate')

  expect(await workers.run('first', 'running')).toMatchObject({ attempt: 1 })
  expect(await workers.run('second', 'queued')).toMatchObject({ attempt: 0 })
  gate.open({ rows: 3 })
  expect(await workers.run('first', 'succeeded')).toMatchObject({ result: { rows: 3 }, error: null })
  await gate.entered()
  gate.open()
  await workers.run('second', 'succeeded')
})

test('a task gets the payload with _run, and what the ledger says of its run', async () => {
  const gate = createGate()
  await workers.start({
    tasks: { look: (payload, { run, job }) => ({ payload, run, priority: job.priority }), gate: gate.task },
  })

  await workers.trigger('look', 'look', { payload: { name: 'x' }, priority: 2 })

  const { id, result } = await workers.run('look', 'succeeded')
  expect(result).toMatchObject({
    payload: { name: 'x', _run: { id, attempt: 1, trigger: 'manual' } },
    run: { id, attempt: 1 },
    priority: 2,
  })
})

test('a failed attempt is tried again after the delay of its schedule, and each keeps its error', async () => {
  let calls = 0
  await workers.start({
    tasks: {
      flaky() {
        calls++
        if (calls < 3) throw new Error(`no ${calls}`)
        return 'yes'
      },
    },
  })

  await workers.trigger('flaky', 'flaky', { retry_delay: '0', max_attempts: 3 })

  const run = await workers.run('flaky', 'succeeded')
  expect(run).toMatchObject({ attempt: 3, result: 'yes' })
  const attempts = await workers.query(
    'select attempt, status, error from almanac.run_attempts where run_id = $1 order by attempt',
    [run.id],
  )
  expect(attempts).toEqual([
    { attempt: 1, status: 'failed', error: 'no 1' },
    { attempt: 2, status: 'failed', error: 'no 2' },
    { attempt: 3, status: 'succeeded', error: null },
  ])
})

test('a run whose attempts are used up has failed, with the error and its cause, and leaves no job', async () => {
  await workers.start({
    tasks: {
      broken() {
        throw new Error('no answer', { cause: new Error('connection refused') })
      },
    },
  })

  await workers.trigger('broken', 'broken', { retry_delay: '0', max_attempts: 2 })

  expect(await workers.run('broken', 'failed')).toMatchObject({
    attempt: 2,
    error: 'no answer\ncaused by: connection refused',
  })
  await until('no job is left', async () => {
    const jobs = await workers.query(
      `select from graphile_worker.jobs where task_identifier = 'almanac-run:broken'`,
    )
    return jobs.length === 0
  })
})

test('a run that takes longer than its timeout has its signal aborted and is timed out', async () => {
  let reason: unknown
  await workers.start({
    tasks: {
      slow: async (_payload, { abortSignal }) => {
        await delay(60_000, undefined, { signal: abortSignal }).catch((error: unknown) => (reason = error))
        return 'too late'
      },
    },
  })

  await workers.trigger('slow', 'slow', { timeout: '50 milliseconds', max_attempts: 1 })

  expect(await workers.run('slow', 'timed_out')).toMatchObject({
    error: 'Timed out after 0.05 s.',
    result: null,
  })
  expect(reason).toMatchObject({ cause: { message: 'Timed out after 0.05 s.' } })
})

test('a run that a later one takes the place of is aborted, and the later one begins', async () => {
  let reason: unknown
  let calls = 0
  await workers.start({
    tasks: {
      async long(_payload, { abortSignal }) {
        if (++calls > 1) return 'second'
        await delay(60_000, undefined, { signal: abortSignal }).catch((error: unknown) => (reason = error))
        throw reason
      },
    },
  })

  await workers.insert({
    name: 'long',
    kind: 'interval',
    every: '1 second',
    // On a machine that is busy, some are cancelled before they begin.
    max_runs: 20,
    task_identifier: 'long',
    overlap_policy: 'cancel_running',
  })

  expect(await workers.run('long', 'succeeded')).toMatchObject({ result: 'second' })
  expect(
    await workers.query(
      `select attempt, result from almanac.runs where status = 'cancelled' and attempt > 0`,
    ),
  ).toEqual([{ attempt: 1, result: null }])
  expect(reason).toMatchObject({ cause: { message: 'Cancelled: a later run took its place.' } })
})

test('NUL in what a task returns is replaced, as the database refuses it', async () => {
  await workers.start({ tasks: { nul: () => 'a\0b' } })

  await workers.trigger('nul', 'nul')

  expect((await workers.run('nul', 'succeeded')).result).toBe('a\uFFFDb')
})

test.each([
  ['circular', 'circular structure'],
  ['nested', 'call stack'],
])('a run whose result is %s has succeeded, once, and a note stands for the result', async (kind, why) => {
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  let nested: unknown = 'bottom'
  for (let level = 0; level < 100_000; level++) nested = [nested]
  let calls = 0
  await workers.start({ tasks: { odd: () => (calls++, kind === 'circular' ? circular : nested) } })

  await workers.trigger(kind, 'odd')

  const { result, attempt, error } = await workers.run(kind, 'succeeded')
  expect(result).toEqual({
    omitted: expect.stringContaining(why) as string,
    was: expect.any(String) as string,
  })
  expect({ attempt, error, calls }).toEqual({ attempt: 1, error: null, calls: 1 })
})

test("a host's own job runs unrecorded, even one that claims to be a run", async () => {
  const gate = createGate()
  await workers.start({ tasks: { own: gate.task } })
  const claim = { _run: { id: '999', scheduledFor: '2030-01-01T00:00:00Z' } }

  await workers.query(`select graphile_worker.add_job('own', '{"mine": true}')`)
  expect(await gate.entered()).toEqual({ mine: true })
  await workers.query(`select graphile_worker.add_job('own', $1::json)`, [JSON.stringify(claim)])
  expect(await gate.entered()).toEqual(claim)
  gate.open()
  gate.open()

  expect(await workers.query(`select from almanac.runs where task_identifier = 'own'`)).toEqual([])
})

test('a job with the key of a run that is not queued does nothing', async () => {
  let calls = 0
  await workers.start({ tasks: { once: () => ++calls } })
  await workers.trigger('once', 'once')
  const { id } = await workers.run('once', 'succeeded')
  const [run] = await workers.query<{ mark: unknown }>(
    `select json_build_object('_run', json_build_object('id', id::text, 'scheduledFor', scheduled_for)) as mark from almanac.runs where id = $1`,
    [id],
  )

  await workers.query(`select graphile_worker.add_job('almanac-run:once', $1::json, job_key => $2)`, [
    JSON.stringify(run?.mark),
    `run:${id}`,
  ])
  await until('the job is gone', async () => {
    const jobs = await workers.query(`select from graphile_worker.jobs where key = $1`, [`run:${id}`])
    return jobs.length === 0
  })

  expect(calls).toBe(1)
})

test('clients are told of the schedules whose runs have changed', async () => {
  const gate = createGate()
  const client = await workers.database.connect()
  const heard: unknown[] = []
  client.on('notification', ({ payload }) => heard.push(JSON.parse(payload ?? '')))
  await client.query('listen almanac_runs')
  await workers.start({ tasks: { gate: gate.task } })

  await workers.trigger('told', 'gate')
  await gate.entered()
  gate.open()
  await workers.run('told', 'succeeded')

  const [schedule] = await workers.query<{ id: string }>(
    `select id from almanac.schedules where name = 'told'`,
  )
  await until('both changes are heard', async () => {
    await client.query('select')
    return heard.length >= 2
  })
  expect(heard).toContainEqual({ op: 'update', ids: [schedule?.id] })
})

test('clients are told of the schedule that fired, and of no other', async () => {
  const client = await workers.database.connect()
  const heard: unknown[] = []
  await workers.insert({ name: 'another', kind: 'interval', every: '1 day', task_identifier: 'almanac:noop' })
  await workers.start()
  await until('it fires', async () => {
    const leaders = await workers.query(
      `select from almanac_private.leases where name = 'ticker' and expires_at > now()`,
    )
    return leaders.length > 0
  })
  client.on('notification', ({ payload }) => heard.push(JSON.parse(payload ?? '')))
  await client.query('listen almanac_runs')

  const [schedule] = await workers.query<{ id: string }>(
    `insert into almanac.schedules (name, kind, run_at, task_identifier)
     values ('fires', 'once', clock_timestamp() + interval '0.5 seconds', 'almanac:noop') returning id`,
  )
  await workers.run('fires', 'succeeded')
  await until('its end is told', async () => {
    await client.query('select')
    return heard.length >= 2
  })

  expect(heard).toEqual(heard.map(() => ({ op: 'update', ids: [schedule?.id] })))
})
