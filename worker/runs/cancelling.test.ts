import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createGate } from '../testing/gate.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

const cancel = (schedule: string, reason = 'wrong data') =>
  workers.query(`select almanac.cancel_run(id, $2) from almanac.runs where schedule_name = $1`, [
    schedule,
    reason,
  ])
const outcome = async (schedule: string) =>
  (
    await workers.query<object>(
      `select r.status, r.reason, r.attempt, a.status as attempt_status, a.error
       from almanac.runs r left join almanac.run_attempts a on a.run_id = r.id where r.schedule_name = $1`,
      [schedule],
    )
  )[0]

const CANCELLED = {
  status: 'cancelled',
  attempt: 1,
  attempt_status: 'cancelled',
  reason: 'cancelled by almanac_test_owner: wrong data',
  error: 'Cancelled by almanac_test_owner: wrong data.',
}

test.each([
  ['by a notification', {}],
  ['by its heartbeat, where it listens to none', { ticker: false, heartbeatInterval: 50 }],
])('a run that is cancelled is aborted, not tried again: its worker is told %s', async (_, settings) => {
  let entered: () => void = () => undefined
  const isEntered = new Promise<void>((resolve) => (entered = resolve))
  await workers.start({
    ...settings,
    tasks: {
      async long(_payload, { abortSignal }) {
        entered()
        await delay(60_000, undefined, { signal: abortSignal })
      },
    },
  })
  await workers.trigger(`long ${_}`, 'long')
  await isEntered

  await cancel(`long ${_}`)

  await workers.run(`long ${_}`, 'cancelled')
  expect(await outcome(`long ${_}`)).toEqual(CANCELLED)
})

test('a statement of almanac:sql is cancelled with its run', async () => {
  await workers.start({ sqlUrl: workers.database.connectionStringFor('plain') })
  await workers.trigger('statement', 'almanac:sql', { payload: { statement: 'select pg_sleep(600)' } })
  await until('the statement has its connection', async () => {
    const backends = await workers.query(
      `select from pg_stat_activity where datname = current_database() and application_name like 'almanac:sql%'`,
    )
    return backends.length > 0
  })

  await cancel('statement')

  await workers.run('statement', 'cancelled')
  expect(await outcome('statement')).toEqual(CANCELLED)
})

test('a task that succeeds although it is to stop has succeeded', async () => {
  const gate = createGate()
  await workers.start({ tasks: { gate: gate.task } })
  await workers.trigger('late', 'gate')
  await gate.entered()

  await cancel('late')
  gate.open('done')

  expect(await workers.run('late', 'succeeded')).toMatchObject({ result: 'done' })
})

test('a task that takes no notice is abandoned: its slot is free, and its result is not taken', async () => {
  const gate = createGate()
  await workers.start({ concurrency: 1, heartbeatInterval: 200, tasks: { gate: gate.task } })
  await workers.trigger('deaf', 'gate')
  await gate.entered()
  await workers.trigger('next', 'gate')

  await cancel('deaf')
  await gate.entered()
  gate.open('late')
  gate.open('next')

  expect(await workers.run('next', 'succeeded')).toMatchObject({ result: 'next' })
  expect(await workers.run('deaf', 'cancelled')).toMatchObject({ attempt: 1, result: null })
}, 20_000)

test('a run that is cancelled before any worker has it is never begun', async () => {
  let calls = 0
  await workers.trigger('early', 'early')
  await cancel('early')

  await workers.start({ tasks: { early: () => calls++, last: () => 'done' } })
  await workers.trigger('last', 'last')

  await workers.run('last', 'succeeded')
  expect([calls, await outcome('early')]).toEqual([
    0,
    { ...CANCELLED, attempt: 0, attempt_status: null, error: null },
  ])
})

test('a run that is repeated gets the payload and the nominal time of the one that failed', async () => {
  const seen: unknown[] = []
  await workers.start({
    tasks: {
      flaky(payload: { _run: { scheduledFor: string } }) {
        seen.push(payload._run.scheduledFor)
        if (seen.length === 1) throw new Error('no')
        return 'yes'
      },
    },
  })
  await workers.trigger('flaky', 'flaky', { max_attempts: 1, payload: { a: 1 } })
  await workers.run('flaky', 'failed')

  await workers.query(`select almanac.retry_run(id) from almanac.runs where schedule_name = 'flaky'`)

  expect(await workers.run('flaky', 'succeeded')).toMatchObject({ attempt: 1, result: 'yes' })
  expect(new Set(seen).size).toBe(1)
})
