import { randomBytes } from 'node:crypto'
import { makeWorkerUtils } from 'graphile-worker'
import { Client } from 'pg'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { withLogin } from '../../process/databaseUrl.ts'
import { startWorker } from '../../worker/main.ts'
import { createGate } from '../../worker/testing/gate.ts'
import type { TestWorker } from '../../worker/testing/startTestWorker.ts'
import { useTestWorkers } from '../../worker/testing/testWorkers.ts'
import { until } from '../../worker/testing/until.ts'

const workers = useTestWorkers()
const soon = { pollInterval: 100, heartbeatInterval: 200, stalledAfter: 3_000 }
const clients: Client[] = []
const logins: string[] = []
beforeEach(() => workers.query('delete from almanac.workers'))
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()))
  await setWorkers('reset all')
})
afterAll(async () => {
  const admin = await connect()
  for (const login of logins) await admin.query(`drop role ${login}`)
  await admin.end()
})

async function connect(url = workers.database.adminConnectionString): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  clients.push(client)
  return client
}

/** What the database sets for the workers' login. */
async function setWorkers(setting: string): Promise<void> {
  const admin = await connect()
  const { rows } = await admin.query<{ name: string }>('select current_database() as name')
  await admin.query(`alter role almanac_test_worker in database ${rows[0]!.name} ${setting}`)
}

async function limitConnections(admin: Client, limit: number): Promise<void> {
  const { rows } = await admin.query<{ name: string }>('select current_database() as name')
  await admin.query(`alter database ${rows[0]!.name} connection limit ${limit}`)
}

/** Locks a table of Graphile Worker's until the returned function is called. */
async function lock(table: string): Promise<() => Promise<unknown>> {
  const holder = await connect()
  await holder.query(`begin; lock table graphile_worker.${table} in access exclusive mode`)
  return () => holder.query('rollback')
}

/** Waits for a message of the worker's. */
const said = (worker: TestWorker, text: string) =>
  until(text, () => Promise.resolve(worker.messages.some((message) => message.includes(text))))

const completed = (task: string) =>
  until(`the job of ${task} is gone`, async () => {
    const jobs = await workers.query(`select from graphile_worker.jobs where task_identifier ~ $1`, [task])
    return jobs.length === 0
  })

const statuses = async () =>
  (await workers.query<{ status: string }>('select status from almanac.workers order by id')).map(
    ({ status }) => status,
  )

const stall = async () =>
  (
    await workers.query<{ reason: string | null }>(
      `select takes_nothing_because as reason from almanac.workers where takes_nothing_since is not null or takes_nothing_because is null`,
    )
  )[0]?.reason

test('a worker whose first look for jobs failed takes them once it can', async () => {
  await setWorkers(`set lock_timeout to '100ms'`)
  const unlock = await lock('_private_tasks')
  const worker = await workers.start(soon)
  await said(worker, 'lock timeout')

  await unlock()

  await workers.trigger('after-lock', 'almanac:noop')
  await workers.run('after-lock', 'succeeded')
})

test('a worker that could not complete its jobs once starts a new pool, which takes jobs', async () => {
  await setWorkers(`set statement_timeout to '300ms'`)
  const gates = new Map(['first', 'second', 'third', 'fourth'].map((name) => [name, createGate()]))
  const tasks = Object.fromEntries([...gates].map(([name, { task }]) => [name, task]))
  const worker = await workers.start({ ...soon, tasks })
  for (const name of gates.keys()) await workers.trigger(name, name)
  await Promise.all([...gates.values()].map((gate) => gate.entered()))
  const unlock = await lock('_private_jobs')
  gates.get('first')?.open()
  await said(worker, 'Failed to complete jobs')
  await unlock()

  for (const [name, gate] of gates) {
    gate.open()
    await workers.run(name, 'succeeded')
    if (name === 'second' || name === 'third') await completed(name)
  }

  await workers.trigger('after-completion', 'almanac:noop')
  await workers.run('after-completion', 'succeeded')
  expect(await statuses()).toEqual(['lost', 'active'])
})

test('a worker takes jobs after a clean-up of the numbers of its tasks', async () => {
  await workers.start(soon)
  await workers.trigger('before', 'almanac:noop')
  await workers.run('before', 'succeeded')
  const utils = await makeWorkerUtils({ connectionString: workers.database.adminConnectionString })

  await utils.cleanup({ tasks: ['GC_TASK_IDENTIFIERS'] })

  await utils.release()
  await workers.trigger('after-clean-up', 'almanac:noop')
  await workers.run('after-clean-up', 'succeeded')
})

test('a worker says since when and why it takes nothing, until it does again', async () => {
  await workers.start(soon)
  await workers.trigger('before-silence', 'almanac:noop')
  await workers.run('before-silence', 'succeeded')
  const unlock = await lock('_private_jobs')

  const said = await until('it takes nothing', stall)

  expect(said).toMatch(/lock timeout/)
  await unlock()
  await until('it takes jobs', async () => (await stall()) === null)
})

test('a worker that could not connect because there were too many clients takes jobs once it can', async () => {
  const admin = await connect()
  const worker = await workers.start(soon)
  await workers.trigger('before-the-crowd', 'almanac:noop')
  await workers.run('before-the-crowd', 'succeeded')
  await limitConnections(admin, 0)
  try {
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'almanac_test_worker'`,
    )
    await said(worker, 'too many connections for database')
  } finally {
    await limitConnections(admin, -1)
  }

  await workers.trigger('after-the-crowd', 'almanac:noop')
  await workers.run('after-the-crowd', 'succeeded')
})

/** A worker's login that may have that many connections, as it is named, and how to change that. */
async function loginWith(limit: number) {
  const admin = await connect()
  const name = `almanac_test_few_${randomBytes(4).toString('hex')}`
  await admin.query(
    `create role ${name} login password 'secret' in role almanac_worker connection limit ${limit}`,
  )
  logins.push(name)
  return {
    url: withLogin(workers.database.connectionString, { name, password: 'secret' }),
    allow: (more: number) => admin.query(`alter role ${name} connection limit ${more}`),
  }
}
const TOO_FEW =
  'it has reached its connection limit.\nClose some, or ask a DBA to raise max_connections, or the connection limit of the login or database.'

test('a worker whose login may have too few connections says what to do, and takes runs once it may have more', async () => {
  const { url, allow } = await loginWith(2)
  const worker = await workers.start({ ...soon, connectionString: url })
  await workers.trigger('with-too-few', 'almanac:noop')
  await said(worker, TOO_FEW)

  await allow(20)

  await workers.run('with-too-few', 'succeeded')
})

test('two workers that share fewer connections than they would use go on with what they have', async () => {
  const { url } = await loginWith(9)
  const [first, second] = await Promise.all(
    [1, 2].map(() => workers.start({ ...soon, connectionString: url })),
  )
  await until('one has too few', () =>
    Promise.resolve([...first!.messages, ...second!.messages].some((text) => text.includes(TOO_FEW))),
  )

  for (const name of ['first-of-both', 'second-of-both', 'third-of-both']) {
    await workers.trigger(name, 'almanac:noop')
    await workers.run(name, 'succeeded')
  }
})

test("a host's pool whose first look failed takes jobs once it can", async () => {
  await setWorkers(`set lock_timeout to '100ms'`)
  const unlock = await lock('_private_tasks')
  const host = await workers.host({}, soon)
  await said(host, 'lock timeout')

  await unlock()

  await workers.trigger('after-the-hosts', 'almanac:noop')
  await workers.run('after-the-hosts', 'succeeded')
})

test('a worker that may not look up its tasks is of no use after three pools', async () => {
  const worker = await startWorker({
    connectionString: workers.database.connectionStringFor('worker'),
    concurrency: 2,
    taskDirectory: '/nonexistent',
    log: () => undefined,
    ...soon,
    stalledAfter: 600,
  })
  await workers.query('revoke insert, select on graphile_worker._private_tasks from almanac_worker')
  await workers.query('delete from graphile_worker._private_tasks')

  const failure = await worker.failed

  expect(failure.message).toMatch(/took no jobs with any of 3 pools/)
  await workers.query('grant insert, select on graphile_worker._private_tasks to almanac_worker')
  await worker.close()
  expect(await statuses()).toEqual(['lost', 'lost', 'lost'])
})

test('a worker ends while the jobs are locked', async () => {
  const gate = createGate()
  const worker = await workers.start({ ...soon, tasks: { gate: gate.task } })
  await workers.trigger('held', 'gate')
  await gate.entered()
  const unlock = await lock('_private_jobs')

  await worker.close()

  await unlock()
})
