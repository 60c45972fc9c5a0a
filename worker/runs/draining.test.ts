import { beforeEach, expect, test } from 'vitest'
import { createGate } from '../testing/gate.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()
// Before each test, when none lives: a running worker whose row is gone registers again.
beforeEach(() => workers.query('delete from almanac.workers'))

const statuses = async () =>
  (await workers.query<{ status: string }>('select status from almanac.workers order by id')).map(
    ({ status }) => status,
  )
const leader = async () => {
  const [lease] = await workers.query<{ id: string }>(
    'select worker_id as id from almanac_private.leases where expires_at > clock_timestamp()',
  )
  return lease?.id
}
const heartbeat = async () => {
  const [row] = await workers.query<{ at: string }>(
    `select last_heartbeat_at::text as at from almanac.workers where status = 'draining'`,
  )
  return row?.at
}

test('a worker that is asked to stop says so, takes no new work, and lives until what it runs has ended', async () => {
  const gate = createGate()
  const worker = await workers.start({ heartbeatInterval: 50, tasks: { gate: gate.task } })
  await until('it leads', leader)
  await workers.trigger('last', 'gate')
  await gate.entered()

  const closed = worker.close()
  const before = await until('it is draining', heartbeat)
  await workers.trigger('left', 'gate')
  await until('another heartbeat', async () => (await heartbeat()) !== before)

  expect(await leader()).toBeUndefined()
  await workers.run('last', 'running')
  await workers.run('left', 'queued')
  gate.open()
  await closed
  await workers.run('last', 'succeeded')
  await workers.run('left', 'queued')
  expect(await statuses()).toEqual(['stopped'])
})

test('a standby hears that the leader drains, leads and fires', async () => {
  const gate = createGate()
  await workers.query(`update almanac_private.settings set value = '3600000' where key = 'arm_delay_ms'`)
  const first = await workers.start({ heartbeatInterval: 50, tasks: { gate: gate.task } })
  const before = await until('the first leads', leader)
  await workers.start({ heartbeatInterval: 3_600_000 })
  const observer = await workers.database.connect('worker')
  await until('the second stands in', async () => {
    const { rowCount } = await observer.query(
      `select from pg_stat_activity where datname = current_database() and application_name = 'almanac ticker' and state = 'idle' and query ~ 'fire_due'`,
    )
    return rowCount === 2
  })
  await observer.end()
  await workers.trigger('last', 'gate')
  await gate.entered()

  const closed = first.close()
  await until('the second leads', async () => {
    const now = await leader()
    return now !== undefined && now !== before
  })
  await workers.insert({
    name: 'meanwhile',
    kind: 'interval',
    every: '1 second',
    task_identifier: 'almanac:noop',
  })
  await workers.run('meanwhile', 'succeeded')

  expect(await statuses()).toEqual(['draining', 'active'])
  gate.open()
  await closed
  expect(await statuses()).toEqual(['stopped', 'active'])
  await workers.query(`update almanac_private.settings set value = '2000' where key = 'arm_delay_ms'`)
})

test('a draining worker that was abandoned registers again as draining', async () => {
  const gate = createGate()
  const worker = await workers.start({ heartbeatInterval: 50, tasks: { gate: gate.task } })
  await workers.trigger('last', 'gate')
  await gate.entered()
  const closed = worker.close()
  await until('it is draining', heartbeat)

  await workers.query(`update almanac.workers set status = 'lost'`)
  await until('it is draining again', heartbeat)

  expect(await statuses()).toEqual(['lost', 'draining'])
  expect(await leader()).toBeUndefined()
  gate.open()
  await closed
  expect(await statuses()).toEqual(['lost', 'stopped'])
})

test('a worker that could not register takes nothing, and ends when it is asked to', async () => {
  const register = 'function almanac_private.register_worker'
  await workers.query(`revoke execute on ${register} from almanac_worker`)
  await workers.trigger('left', 'never')
  const worker = await workers.start({ tasks: { never: () => undefined } })
  await until('it could not register', () =>
    Promise.resolve(worker.messages.some((message) => message.includes('Registering the worker failed'))),
  )
  expect(await workers.query(`select from graphile_worker.jobs where locked_by is not null`)).toEqual([])

  await worker.close()

  await workers.query(`grant execute on ${register} to almanac_worker`)
  await workers.start({ tasks: { never: () => undefined } })
  await workers.run('left', 'succeeded')
})
