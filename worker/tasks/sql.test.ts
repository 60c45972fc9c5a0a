import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { DatabaseClient } from '../../process/client.ts'
import { withLogin } from '../../process/databaseUrl.ts'
import type { RunHelpers } from '../run.ts'
import { createSqlTask } from './sql.ts'
import { createSqlSessions } from './sqlSession.ts'
import { runStatement } from './sqlStatement.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

const start = () => workers.start({ sqlUrl: workers.database.connectionStringFor('plain') })
const trigger = (name: string, statement: string, columns = {}) =>
  workers.trigger(name, 'almanac:sql', { payload: { statement }, max_attempts: 1, ...columns })

test('a statement runs as the login given for it, and the first rows of its result are kept', async () => {
  await start()

  await trigger(
    'rows',
    `select session_user, i, i::bigint * 10000000000 as big, timestamp '2026-03-29 02:30' as at from generate_series(1, 100) i`,
  )

  const { result } = await workers.run('rows', 'succeeded')
  expect(result).toMatchObject({ command: 'SELECT', rowCount: 100 })
  const { rows } = result as { rows: unknown[] }
  expect(rows).toHaveLength(20)
  expect(rows[0]).toEqual({
    session_user: 'almanac_test_plain',
    i: 1,
    big: '10000000000',
    at: '2026-03-29 02:30:00',
  })
})

test('of several statements the last counts', async () => {
  await start()

  await trigger('several', 'select 1 as a; create temporary table t (a int); insert into t values (1), (2)')

  expect((await workers.run('several', 'succeeded')).result).toEqual({
    command: 'INSERT',
    rowCount: 2,
    rows: [],
  })
})

test('what PostgreSQL says is the error of the run', async () => {
  await start()

  await trigger('denied', 'select * from almanac.users')

  expect((await workers.run('denied', 'failed')).error).toMatch(/^permission denied .*\n[^]*code: 42501$/)
})

test('a missing right comes with the grant that gives it, to the login that the statement ran as', async () => {
  await start()

  await trigger('grant', 'select * from almanac.users')

  expect((await workers.run('grant', 'failed')).error).toMatch(
    /^permission denied .*\nhint: The statement ran as almanac_test_plain\. Grant what is missing, .*: grant … on … to "?almanac_test_plain"?;/,
  )
})

test.each([
  ['a missing right', 'select * from almanac.users'],
  ['a table that is not there', 'select * from nowhere'],
  ['a schema that is not there', 'create table nowhere.t ()'],
  ['a typo', 'selec 1'],
])('%s is not retried', async (name, statement) => {
  await start()

  await trigger(name, statement, { max_attempts: 3 })

  expect((await workers.run(name, 'failed')).attempt).toBe(1)
})

test('no statement, as an older release saved it, is not retried', async () => {
  await start()
  await workers.insert({
    name: 'old',
    kind: 'manual',
    task_identifier: 'almanac:sql',
    payload: { statement: ';' },
  })

  await workers.query(
    `select almanac_private.insert_run(s, now(), now(), 'manual', '{}', 'older release', now())
     from almanac.schedules s where s.name = 'old'`,
  )

  const { attempt, error } = await workers.run('old', 'failed')
  expect(attempt).toBe(1)
  expect(error).toContain('almanac:sql needs a statement')
})

test.each([
  ['bad data', 'select 1 / 0'],
  ['a lock that is held', `do $$ begin raise lock_not_available; end $$`],
])('%s is retried', async (name, statement) => {
  await start()

  await trigger(name, statement, { max_attempts: 2, retry_delay: '0' })

  expect((await workers.run(name, 'failed')).attempt).toBe(2)
})

test('a statement is cancelled when the timeout of its run is over', async () => {
  await start()

  await trigger('endless', 'select pg_sleep(600)', { timeout: '200 milliseconds' })

  await workers.run('endless', 'timed_out')
  await until('no backend is left', async () => {
    const backends = await workers.query(
      `select from pg_stat_activity where datname = current_database() and application_name like 'almanac:sql%'`,
    )
    return backends.length === 0
  })
})

test('a statement that catches its cancelling loses its backend, and the next one has its slot', async () => {
  await workers.start({ sqlUrl: workers.database.connectionStringFor('plain'), sqlConnections: 1 })

  await trigger(
    'stubborn',
    `do $$ begin loop begin perform pg_sleep(600); exception when query_canceled then null; end; end loop; end $$`,
    { timeout: '200 milliseconds' },
  )
  await workers.run('stubborn', 'timed_out')
  await trigger('next', 'select 1 as a')

  expect((await workers.run('next', 'succeeded')).result).toMatchObject({ rows: [{ a: 1 }] })
})

test.each([
  ['a row', `select repeat('x', 600000000)`, 'larger than 16 MB'],
  ['a notice', `do $$ begin raise notice '%', repeat('x', 100000000); end $$`, 'larger than 16 MB'],
  ['an error', `do $$ begin raise '%', repeat('x', 100000000); end $$`, 'larger than 16 MB'],
  ['a copy', `copy (select repeat('x', 100000000)) to stdout`, 'larger than 16 MB'],
  ['a result', `select repeat('x', 1000000) from generate_series(1, 5000)`, 'more than 256 MB'],
])(
  '%s of hundreds of MB ends its run and nothing else',
  async (name, statement, said) => {
    const lock = await workers.database.connect()
    try {
      await lock.query('select pg_advisory_lock(16)')
      await start()
      await trigger('neighbour', 'select pg_advisory_xact_lock(16)')
      await workers.run('neighbour', 'running')

      await trigger(name, statement, { max_attempts: 3 })

      // A slow machine takes long to make that many bytes.
      const { attempt, error } = await workers.run(name, 'failed', 150_000)
      expect(error).toContain(said)
      expect(attempt).toBe(1)
    } finally {
      await lock.end()
    }
    expect(await workers.run('neighbour', 'succeeded')).toMatchObject({ attempt: 1 })
  },
  180_000,
)

test('what a statement returns is read a chunk in each turn of the event loop, so that others have theirs', async () => {
  const client = new DatabaseClient({ connectionString: workers.database.connectionString })
  await client.connect()
  const { stream } = client.connection
  let [chunks, most] = [0, 0]
  const turn = () => {
    most = Math.max(most, chunks)
    chunks = 0
    if (!stream.destroyed) setImmediate(turn)
  }
  stream.on('data', () => chunks++)
  setImmediate(turn)

  // Short rows take the longest to read: the server has sent more meanwhile.
  await runStatement(client, `select i from generate_series(1, 1000000) i`, () => undefined)
  await client.end()

  expect(most).toBe(1)
})

test('long rows are not kept, and not counted against a run that reads many', async () => {
  await start()

  await trigger('long', `select i, repeat('x', 900000) as long from generate_series(1, 30) i`)

  const { result } = await workers.run('long', 'succeeded')
  expect(result).toMatchObject({ omitted: expect.stringContaining('characters') as string })
})

test.each(['begin; create temporary table t ()', `begin; select 1 / 0; commit`, 'start transaction'])(
  'a transaction left open fails: %s',
  async (statement) => {
    await start()

    await trigger('open', statement)

    expect((await workers.run('open', 'failed')).error).toMatch(/leaves a transaction open|division by zero/)
  },
)

test.each([
  ['alone', `begin; create table prepared_1 (); prepare transaction 'prepared 1'`],
  ['before an error', `begin; create table prepared_2 (); prepare transaction 'prepared 2'; select 1 / 0`],
  ['in odd words', `begin; create table prepared_3 (); prepare /* */ transaction 'prepared 3'; begin`],
])('a transaction that is prepared is one left open: %s', async (_, statement) => {
  await workers.query('create schema if not exists open_to_all')
  await workers.query('grant usage, create on schema open_to_all to public')
  await start()

  await trigger('prepares', `set search_path to open_to_all; ${statement}`)

  expect((await workers.run('prepares', 'failed')).error).toMatch(
    /leaves a transaction open, or prepared|division by zero/,
  )
  expect(await workers.query('select gid from pg_prepared_xacts')).toEqual([])
})

test('a statement whose login has no connection left waits for one, and that costs no attempt', async () => {
  const role = `almanac_test_crowded_${randomBytes(4).toString('hex')}`
  const admin = new Client({ connectionString: workers.database.adminConnectionString })
  await admin.connect()
  await admin.query(`create role ${role} login password 'secret' connection limit 0`)
  try {
    const sqlUrl = withLogin(workers.database.connectionString, { name: role, password: 'secret' })
    const { messages } = await workers.start({ sqlUrl })
    await trigger('crowded', 'select session_user')
    await until('it was refused', () =>
      Promise.resolve(messages.some((text) => text.includes('waits for a connection'))),
    )

    const why = () =>
      workers.query<{ text: string; reason: string | null }>(
        `select almanac.why('crowded', r.scheduled_for) as text, r.reason from almanac.runs r where r.schedule_name = 'crowded'`,
      )
    await until('it says what it waits for', async () =>
      (await why())[0]!.text.includes(
        'its statement has not started: PostgreSQL accepts no more connections of its login',
      ),
    )

    await admin.query(`alter role ${role} connection limit 1`)

    expect(await workers.run('crowded', 'succeeded')).toMatchObject({
      attempt: 1,
      result: { rows: [{ session_user: role }] },
    })
    expect((await why())[0]!.reason).toBeNull()
  } finally {
    await until('the role is free', () =>
      admin.query(`drop role ${role}`).then(
        () => true,
        () => false,
      ),
    )
    await admin.end()
  }
})

test('a server that takes no connection fails the run in the end, and the error says so', async () => {
  const task = createSqlTask(
    createSqlSessions({
      login: () => Promise.resolve({ config: { host: '127.0.0.1', port: 1 }, serves: null }),
      noteWait: () => Promise.resolve(),
      log: () => undefined,
      patience: 0,
    }),
  )
  const { signal } = new AbortController()
  const helpers = {
    run: { id: '1', runAs: 'ann' },
    abortSignal: signal,
    abortPromise: new Promise(() => undefined),
  }

  await expect(task({ statement: 'select 1' }, helpers as unknown as RunHelpers)).rejects.toThrow(
    /^The statement got no connection within 0 s: .* has not started/,
  )
})

test('a login that is not let in fails the run at once, and says what makes another', async () => {
  const url = new URL(workers.database.connectionStringFor('plain'))
  await workers.start({ sqlUrl: Object.assign(url, { password: 'stale' }).href })

  await trigger('stale', 'select 1', { max_attempts: 3 })

  const { attempt, error } = await workers.run('stale', 'failed')
  expect(attempt).toBe(1)
  expect(error).toMatch(
    /^The login of almanac:sql was rejected.*npx almanac migrate[^]*the password is wrong/,
  )
})

test('a login that may not connect fails the run at once, and says what to grant', async () => {
  const database = new URL(workers.database.connectionString).pathname.slice(1)
  await workers.start({ sqlUrl: workers.database.connectionStringFor('plain') })
  await workers.query(
    `revoke connect on database ${database} from public; grant connect on database ${database} to almanac_worker`,
  )

  await trigger('kept out', 'select 1', { max_attempts: 3 })

  const { attempt, error } = await workers.run('kept out', 'failed')
  await workers.query(`grant connect on database ${database} to public`)
  expect(attempt).toBe(1)
  expect(error).toContain(`grant connect on database ${database} to almanac_test_plain;`)
})

test('a job that is not a run is refused', async () => {
  await start()

  await workers.query(
    `select graphile_worker.add_job('almanac:sql', '{"statement": "select 1"}', max_attempts => 1)`,
  )

  await until('the job has failed', async () => {
    const [job] = await workers.query(
      `select last_error from graphile_worker.jobs where task_identifier = 'almanac:sql'`,
    )
    return String(job?.['last_error']).includes('almanac:sql only runs for a schedule')
  })
})
