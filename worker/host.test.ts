import { parseCronItems, run } from 'graphile-worker'
import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { graphileLogger } from './graphileLog.ts'
import { createGate } from './testing/gate.ts'
import { useTestWorkers } from './testing/testWorkers.ts'
import { until } from './testing/until.ts'

const workers = useTestWorkers()
const addJob = (identifier: string, settings = '') =>
  workers.query(`select graphile_worker.add_job($1${settings})`, [identifier])
const jobs = (identifier: string) =>
  workers.query<{
    id: string
    attempts: number
    max_attempts: number
    last_error: string
    waits: boolean
    locked_by: string
  }>(
    `select id, attempts, max_attempts, last_error, run_at > now() as waits, locked_by from graphile_worker.jobs where task_identifier = $1 order by id`,
    [identifier],
  )
const gone = (identifier: string) =>
  until(`no job of ${identifier} is left`, async () => (await jobs(identifier)).length === 0)
const runs = (identifier: string) =>
  workers.query('select status from almanac.runs where task_identifier = $1', [identifier])

test("a host's jobs get what the host gave them, and are not runs", async () => {
  const calls: unknown[] = []
  await workers.host({
    own: (payload: unknown, helpers: object) =>
      void calls.push([payload, 'run' in helpers, 'addJob' in helpers]),
  })

  await addJob('own', `, '{"a": 1}'`)
  await addJob('own', `, '{"a": 2}', job_key => 'run:9999999'`)
  await addJob('own', `, '{"a": 3}', job_key => 'schedule:12'`)
  await gone('own')

  expect(calls).toHaveLength(3)
  expect(calls).toEqual(expect.arrayContaining([1, 2, 3].map((a) => [{ a }, false, true])))
  expect(await runs('own')).toEqual([])
})

test("a task that is shared is recorded for a schedule's runs alone", async () => {
  await workers.host({ shared: () => 'a result' })

  await addJob('shared')
  await workers.trigger('scheduled', 'shared')

  expect(await workers.run('scheduled', 'succeeded')).toMatchObject({ result: 'a result' })
  await gone('shared')
  expect(await runs('shared')).toEqual([{ status: 'succeeded' }])
})

test('a run is left to workers that record it', async () => {
  const calls: string[] = []
  const pgPool = new Pool({ connectionString: workers.database.connectionString, max: 3 })
  const plain = await run({
    pgPool,
    logger: graphileLogger(() => undefined),
    noHandleSignals: true,
    taskList: { lent: () => void calls.push('plain') },
  })
  await workers.trigger('of a schedule', 'lent')
  for (const _ of [1, 2]) {
    await addJob('lent')
    await gone('lent')
  }
  await plain.stop()
  await pgPool.end()

  expect(await runs('lent')).toEqual([{ status: 'queued' }])
  await workers.host({ lent: () => void calls.push('recording') })
  await workers.run('of a schedule', 'succeeded')
  expect(calls).toEqual(['plain', 'plain', 'recording'])
})

test('a task of any length that Graphile Worker takes is recorded', async () => {
  const [longest, other] = [`${'x'.repeat(127)}y`, `${'x'.repeat(127)}z`]
  await workers.host({ [longest]: () => 'y', [other]: () => 'z' })

  await workers.trigger('of y', longest)
  await workers.trigger('of z', other)

  expect(await workers.run('of y', 'succeeded')).toMatchObject({ result: 'y' })
  expect(await workers.run('of z', 'succeeded')).toMatchObject({ result: 'z' })
})

test("a host's failed jobs are tried again, or not, by Graphile Worker's rules", async () => {
  let calls = 0
  const fail = () => {
    if (++calls < 3) throw new Error(`failed ${calls}`)
  }
  await workers.host({ fails: fail })

  await addJob('fails', `, max_attempts => 2`)
  const [failed] = await until('it has failed', async () => {
    const [job] = await jobs('fails')
    return job?.attempts === 1 && job.locked_by === null && [job]
  })
  expect(failed).toMatchObject({ max_attempts: 2, last_error: 'failed 1', waits: true })
  await workers.query('select graphile_worker.reschedule_jobs(array[$1::bigint], run_at => now())', [
    failed?.id,
  ])
  await until('it has failed for good', async () => (await jobs('fails'))[0]?.last_error === 'failed 2')
  await addJob('fails')
  await until('another has succeeded', async () => calls === 3 && (await jobs('fails')).length === 1)

  expect(await jobs('fails')).toMatchObject([{ attempts: 2, max_attempts: 2, locked_by: null }])
  expect(await runs('fails')).toEqual([])
})

test('of a batch, Graphile Worker tries what failed again', async () => {
  await workers.host({
    batch: (items: number[]) =>
      items.map((item) => (item > 1 ? Promise.reject(new Error('no')) : Promise.resolve())),
  })

  await addJob('batch', `, '[1, 2, 3]'`)
  const given = await until('what failed is given back', async () => {
    const [job] = await workers.query(
      `select j.payload, j.attempts from graphile_worker._private_jobs j join graphile_worker.jobs v on v.id = j.id
       where v.task_identifier = 'batch' and v.attempts = 1 and v.locked_by is null`,
    )
    return job
  })

  expect(given).toEqual({ payload: [2, 3], attempts: 1 })
})

test("a host's queue runs one job at a time next to the runs", async () => {
  const gate = createGate()
  await workers.host({ queued: gate.task })
  await addJob('queued', `, '{"n": 1}', queue_name => 'q'`)
  await addJob('queued', `, '{"n": 2}', queue_name => 'q'`)

  expect(await gate.entered()).toEqual({ n: 1 })
  await workers.trigger('beside', 'almanac:noop')
  await workers.run('beside', 'succeeded')
  expect((await jobs('queued')).map((job) => job.locked_by === null)).toEqual([false, true])
  gate.open()
  expect(await gate.entered()).toEqual({ n: 2 })
  gate.open()

  await gone('queued')
})

test("a host's crontab adds its jobs, with what was missed", async () => {
  const payloads: Record<string, unknown>[] = []
  await workers.query(
    `insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution) values ('cronned', now() - interval '1 hour', now() - interval '4 minutes')`,
  )
  await workers.host(
    { cronned: (payload: Record<string, unknown>) => void payloads.push(payload) },
    {
      parsedCronItems: parseCronItems([
        { task: 'cronned', match: '* * * * *', options: { backfillPeriod: 600_000 }, payload: { own: true } },
      ]),
    },
  )

  await until('what was missed has run', () => Promise.resolve(payloads.length >= 3))

  expect(payloads[0]).toEqual({ own: true, _cron: { ts: expect.any(String) as string, backfilled: true } })
  expect(await runs('cronned')).toEqual([])
})
