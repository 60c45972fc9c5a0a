import type { Client } from 'pg'
import { afterEach, expect, test } from 'vitest'
import type { TestWorker } from '../testing/startTestWorker.ts'
import { createGate } from '../testing/gate.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()
const holders: Client[] = []
// Before the schedules are deleted, which would wait for them.
afterEach(async () => {
  await Promise.all(holders.splice(0).map((holder) => holder.end()))
})

const isTold = ({ messages }: TestWorker, pid: number) =>
  until('who holds a run is told', () =>
    Promise.resolve(
      messages.some((message) =>
        message.startsWith(`warning: Blocked by another session: process ${pid} of almanac_test_operator`),
      ),
    ),
  )

async function othersSucceed(after: string): Promise<void> {
  for (const name of [1, 2, 3].map((number) => `${number} after ${after}`)) {
    await workers.trigger(name, 'empty')
    await workers.run(name, 'succeeded')
  }
}

/** An operator's transaction that has cancelled its run. */
async function hold(name: string) {
  const holder = await workers.database.connect('operator')
  holder.on('error', () => undefined)
  holders.push(holder)
  await holder.query(`begin; ${trigger(name)}`)
  const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid')
  return { holder, pid: rows[0]!.pid }
}

const countNoted = async () => (await workers.query('select from almanac_private.held_runs')).length

const trigger = (name: string) => `select almanac.trigger_now('${name}', respect_overlap => true)`

/** An operator's schedule whose runs take each other's place, and a run of it. */
async function createOwn(name: string, task: string): Promise<void> {
  const operator = await workers.database.connect('operator')
  await workers.query('select almanac.register_task($1)', [task])
  await operator.query(
    `insert into almanac.schedules (name, kind, task_identifier, overlap_policy)
     values ($1, 'manual', $2, 'cancel_running')`,
    [name, task],
  )
  await operator.query(trigger(name))
  await operator.end()
}

test('a run whose cancelling is not committed ends later, and keeps no other from ending', async () => {
  const gate = createGate()
  await createOwn('ending', 'gate')
  const worker = await workers.start({ tasks: { gate: gate.task, empty: () => null } })
  await gate.entered()
  const { holder, pid } = await hold('ending')

  gate.open()
  await until('it is noted', async () => (await countNoted()) === 1)
  await othersSucceed('ending')

  await workers.run('ending', 'running')
  await isTold(worker, pid)
  await holder.query('rollback')
  await workers.run('ending', 'succeeded')
  expect(await countNoted()).toBe(0)
})

test.each([
  ['has succeeded', undefined, { attempt: 1, error: null }],
  ['has failed, and is tried again', new Error('the first time'), { attempt: 2, error: null }],
])('a run whose end waits leaves its place to others meanwhile: it %s', async (name, outcome, expected) => {
  const gate = createGate()
  await createOwn(name, 'gate')
  await workers.query(`update almanac.schedules set retry_delay = '0' where name = $1`, [name])
  await workers.start({ concurrency: 1, tasks: { gate: gate.task, empty: () => null } })
  await gate.entered()
  const { holder } = await hold(name)

  gate.open(outcome)
  await othersSucceed(name)
  await workers.run(name, 'running')
  await holder.query('rollback')

  if (outcome) {
    await gate.entered()
    gate.open()
  }
  expect(await workers.run(name, 'succeeded')).toMatchObject(expected)
  await until('no job is left', async () => {
    const left = await workers.query(`select from graphile_worker.jobs where key like 'run:%' or key is null`)
    return left.length === 0
  })
})

test('whoever holds runs again and again as they end keeps no other from starting or ending', async () => {
  const gate = createGate()
  await workers.start({ concurrency: 2, tasks: { gate: gate.task, empty: () => null } })
  let before: Client | null = null

  for (const name of ['first', 'second', 'third']) {
    await createOwn(name, 'gate')
    await gate.entered()
    const { holder } = await hold(name)
    // The one held before is free as this one ends.
    await before?.query('rollback')
    before = holder
    gate.open()
    await othersSucceed(name)
    await workers.run(name, 'running')
  }
  await before?.query('rollback')

  for (const name of ['first', 'second', 'third'])
    expect(await workers.run(name, 'succeeded')).toMatchObject({ attempt: 1 })
})

test('a run whose end waits as its worker ends is taken over by others', async () => {
  const gate = createGate()
  await createOwn('left', 'gate')
  const worker = await workers.start({ concurrency: 1, tasks: { gate: gate.task, empty: () => null } })
  await gate.entered()
  const { holder } = await hold('left')
  gate.open()
  await othersSucceed('left')

  await worker.close()
  const ended = await workers.query('select status, end_reason from almanac.workers order by id desc limit 1')
  await holder.query('rollback')
  await workers.query(`update almanac.runs set attempt_started_at = attempt_started_at - interval '1 minute'`)
  const repairs = await workers.query('select repair from almanac.reconcile()')

  expect(ended).toEqual([
    { status: 'lost', end_reason: 'It ended before the end of each of its runs could be recorded.' },
  ])
  expect(repairs).toEqual([{ repair: 'ended' }])
  await workers.start({ tasks: { gate: () => null } })
  expect(await workers.run('left', 'succeeded')).toMatchObject({ attempt: 2 })
})

test('a run that someone holds begins later, and leaves its place to others meanwhile', async () => {
  const gate = createGate()
  await workers.trigger('ahead', 'gate')
  const worker = await workers.start({ concurrency: 1, tasks: { gate: gate.task, empty: () => null } })
  await gate.entered()
  await createOwn('beginning', 'empty')
  await until('its job is fetched', async () => {
    const fetched = await workers.query(`select from graphile_worker.jobs where locked_at is not null`)
    return fetched.length === 2
  })
  const { holder, pid } = await hold('beginning')

  gate.open()
  await until('it is noted', async () => (await countNoted()) === 1)
  await othersSucceed('beginning')

  await workers.run('beginning', 'queued')
  await isTold(worker, pid)
  await holder.query('rollback')
  await workers.run('beginning', 'succeeded')
  expect(await countNoted()).toBe(0)
})

test('whoever holds runs that are to be recorded is to be ended, also where they are its own', async () => {
  const gate = createGate()
  await createOwn('kept', 'gate')
  await workers.start({ tasks: { gate: gate.task } })
  await gate.entered()
  const { holder, pid } = await hold('kept')
  gate.open()
  await until('it is noted', async () => (await countNoted()) === 1)

  const ended = await workers.query(`select pid from almanac_private.end_blockers('0 seconds')`)

  await holder.query('rollback')
  expect(ended).toEqual([{ pid }])
})

test("whoever holds others' schedules by a change of a calendar is told, while others go on", async () => {
  const operator = await workers.database.connect('operator')
  await operator.query(`select almanac.create_calendar('shared')`)
  for (const [name, calendars] of [
    ['uses it', '{shared}'],
    ['uses none', '{}'],
  ])
    await workers.insert({
      name,
      kind: 'interval',
      every: '1 second',
      task_identifier: 'almanac:noop',
      overlap_policy: 'allow',
      calendars,
    })
  const worker = await workers.start()
  await workers.run('uses it', 'succeeded')
  await operator.query(`begin; select almanac.exclude_dates('shared', '2100-01-01')`)
  const { rows } = await operator.query<{ pid: number }>('select pg_backend_pid() as pid')

  await isTold(worker, rows[0]!.pid)

  const runs = `select count(*)::int from almanac.runs where schedule_name = 'uses none' and status = 'succeeded'`
  const [before] = await workers.query<{ count: number }>(runs)
  await until('others go on', async () => {
    const [now] = await workers.query<{ count: number }>(runs)
    return now!.count > before!.count
  })
  expect(await workers.query(`select pid from almanac_private.end_blockers('1 second')`)).toEqual(rows)
  await operator.query('rollback')
  await operator.end()
})
