import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { signIn, startTestServer, type Answer, type TestServer } from './testing/client.ts'

const db = useTestDatabase()
let server: TestServer
let viewer: Awaited<ReturnType<typeof signIn>>
beforeAll(async () => {
  await db.query(`select almanac.schedule_cron('busy', '* * * * *', 'almanac:noop')`)
  await db.query(
    `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status,
       max_attempts, priority, run_as, started_at, finished_at, attempt)
     select s.id, s.name, s.task_identifier, jsonb_build_object('text', repeat('x', 3000)), t, t, 'schedule', 'succeeded', 1, 1, 'x', t, t, 1
     from almanac.schedules s, generate_series(1, 6000) n, lateral (select now() - n * interval '1 minute') l(t)
     where s.name = 'busy'`,
  )
  server = await startTestServer(db)
  viewer = await signIn(db, server, 'viewer')
})
afterAll(async () => {
  await server.close()
})

const nodesOf = (answer: Answer, field = 'runs') =>
  (answer.data?.[field] as { nodes: unknown[] } | undefined)?.nodes

const refusal = async (query: string, variables = {}) => {
  const { data, errors } = await viewer.graphql(query, variables)
  expect(data).toBeUndefined()
  return errors?.[0]
}

describe('a page', () => {
  it.each([
    ['nothing', '{ runs { nodes { rowId } } }'],
    ['null', '{ runs(first: null) { nodes { rowId } } }'],
    ['a variable that is left out', 'query ($n: Int) { runs(first: $n) { nodes { rowId } } }'],
    ['a fragment', '{ ...F } fragment F on Query { runs { nodes { rowId } } }'],
  ])('has 100 rows when %s says how many', async (_how, query) => {
    expect(nodesOf(await viewer.graphql(query))).toHaveLength(100)
  })

  it('has as many as first or last say', async () => {
    const query =
      'query ($n: Int) { runs(first: $n) { nodes { rowId } } last: runs(last: 2) { nodes { rowId } } }'

    const answer = await viewer.graphql(query, { n: 150 })

    expect(nodesOf(answer)).toHaveLength(150)
    expect(nodesOf(answer, 'last')).toHaveLength(2)
    expect(nodesOf(await viewer.graphql(query))).toHaveLength(100)
  })

  it.each([
    ['{ runs(first: 5001) { nodes { rowId } } }', {}],
    ['query ($n: Int!) { runs(last: $n) { nodes { rowId } } }', { n: 1_000_000 }],
    ['query ($n: Int = 9999) { runs(first: $n) { nodes { rowId } } }', {}],
    ['{ occurrences(cron: "* * * * *", timezone: "UTC", maxCount: 6000) }', {}],
  ])('has at most 5000: %s', async (query, variables) => {
    expect(await refusal(query, variables)).toMatchObject({
      message: expect.stringMatching(/ rows \(\w+\); the limit is 5000/) as string,
      extensions: { code: 'TOO_EXPENSIVE' },
    })
  })
})

describe('an operation costs too much when', () => {
  it.each([
    ['page sizes multiply', '{ schedules(first: 1000) { nodes { runs(first: 1000) { nodes { rowId } } } } }'],
    [
      'they do so in a mutation',
      'mutation { pause(input: {schedule: "busy"}) { query { schedules(first: 1000) { nodes { runs { nodes { rowId } } } } } } }',
    ],
    [
      'expensive calls are many',
      `{ ${Array.from({ length: 60 }, (_, n) => `c${n}: calendar(rangeStart: "2026-01-01T00:00:00Z", rangeEnd: "2026-12-01T00:00:00Z") { item }`).join(' ')} }`,
    ],
    [
      'fields are many',
      `{ runs(first: 5000) { nodes { ${Array.from({ length: 21 }, (_, n) => `f${n}: rowId`).join(' ')} } } }`,
    ],
  ])('%s', async (_why, query) => {
    expect(await refusal(query)).toMatchObject({
      message: expect.stringMatching(/could return \d+ values; the limit is 75000/) as string,
      extensions: { code: 'TOO_EXPENSIVE' },
    })
  })
})

describe('bytes have a bound', () => {
  const TOO_LARGE = { extensions: { code: 'TOO_LARGE' } }

  it('as they arrive, and the server continues', async () => {
    const { errors } = await viewer.graphql('{ runs(first: 5000) { nodes { payload } } }')

    expect(errors?.[0]).toMatchObject({ ...TOO_LARGE, message: expect.stringContaining('8 MB') as string })
    expect((await viewer.graphql('{ runs(first: 1) { nodes { payload } } }')).errors).toBeUndefined()
    expect(server.log.filter((line) => line.includes('were lost'))).toEqual([])
  })

  it('in the answer, whatever is repeated in it', async () => {
    const many = Array.from({ length: 40 }, (_, n) => `p${n}: payload`).join(' ')

    expect(await refusal(`{ runs(first: 100) { nodes { ${many} } } }`)).toMatchObject(TOO_LARGE)
  })
})

describe('a JSON value that nests too deeply to be written', () => {
  const deep = `(repeat('[', 6000) || repeat(']', 6000))::jsonb`
  const note = { omitted: expect.stringMatching(/^This value has more than 500 levels\./) as string }

  it.each([
    ['schedules', 'payload', 'almanac.schedules', 'id', 'payload'],
    ['runs(first: 1000)', 'payload', 'almanac.runs', 'id', 'payload'],
    ['runs(first: 1000)', 'result', 'almanac.runs', 'id', 'result'],
    ['tasks', 'payloadSchema', 'almanac_private.known_tasks', 'identifier', 'payload_schema'],
  ])(
    'is replaced by a note, and the others are as they are: %s %s',
    async (list, name, table, key, column) => {
      await db.query(
        `alter table ${table} disable trigger user;
       update ${table} set ${column} = '{"fits": true}';
       update ${table} set ${column} = ${deep} where ${key} = (select min(${key}) from ${table});
       alter table ${table} enable trigger user`,
      )
      const { data, errors } = await viewer.graphql(`{ list: ${list} { nodes { ${name} } } }`)

      expect(errors).toBeUndefined()
      const { nodes } = data!['list'] as { nodes: Record<string, unknown>[] }
      const others = nodes
        .map((node) => node[name])
        .filter((value) => !isDeepStrictEqual(value, { fits: true }))
      expect(others).toEqual([note])
    },
  )
})

it('what cannot be written as JSON is a masked 500 with a reference, not a 404', async () => {
  const write = JSON.stringify
  vi.spyOn(JSON, 'stringify').mockImplementation((value: unknown, ...rest: []) => {
    if (typeof value === 'object' && value !== null && 'data' in value) throw new RangeError('Too deep.')
    return write(value, ...rest)
  })
  const response = await viewer.post({ query: '{ runs(first: 1) { nodes { result } } }' })
  vi.restoreAllMocks()

  expect(response.status).toBe(500)
  const { errors } = (await response.json()) as Answer
  expect(errors?.[0]?.message).toMatch(/^Internal server error \(reference [0-9a-f]{8}\)\.$/)
  expect(server.log.join('\n')).toContain(String(errors?.[0]?.extensions?.['errorId']))
})

it('one user’s expensive requests leave connections for others', async () => {
  const greedy = await signIn(db, server, 'operator')
  const lock = await db.connect('owner')
  await lock.query('begin; lock table almanac.exclusion_calendars')
  const many = Array.from(
    { length: 20 },
    (_, n) => `c${n}: exclusionCalendars(first: ${n + 1}) { nodes { rowId } }`,
  )
  const attacks = Array.from({ length: 10 }, () => greedy.graphql(`{ ${many.join(' ')} }`))

  await expect.poll(waiting, { timeout: 10_000 }).toBe(4)
  expect((await viewer.graphql('{ schedules { nodes { name } } }')).errors).toBeUndefined()
  expect(await waiting()).toBe(4)

  await lock.query('rollback')
  for (const answer of await Promise.all(attacks)) expect(answer.errors).toBeUndefined()
})

/** How many of the server's connections wait for the lock. */
async function waiting(): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int as count from pg_locks l join pg_database d on d.oid = l.database
     where d.datname = current_database() and not l.granted`,
  )
  return row!.count
}

it('an operator of the web client has limits of what is written', async () => {
  const operator = await signIn(db, server, 'operator')
  await db.query(`update almanac_private.settings set value = '1' where key = 'calendars_per_hour'`)
  const create = (name: string) =>
    operator.graphql(
      `mutation ($name: String!) { createCalendar(input: { name: $name }) { clientMutationId } }`,
      { name },
    )
  expect((await create('first')).errors).toBeUndefined()

  const { errors } = await create('second')

  expect(errors?.[0]).toMatchObject({
    message: 'An operator may create at most 1 exclusion calendars an hour.',
    extensions: {
      code: 'AL028',
      hint: expect.stringContaining('calendars_per_hour in almanac_private.settings') as string,
    },
  })
  await db.query(`update almanac_private.settings set value = '100' where key = 'calendars_per_hour'`)
})
