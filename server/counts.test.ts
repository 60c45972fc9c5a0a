import { afterAll, beforeAll, expect, it } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { signIn, startTestServer, type TestServer } from './testing/client.ts'

const db = useTestDatabase()
let server: TestServer
let viewer: Awaited<ReturnType<typeof signIn>>
beforeAll(async () => {
  await db.query(
    `select almanac.schedule_cron(name, '* * * * *', 'almanac:noop') from (values ('one'), ('two')) v(name)`,
  )
  await db.query(
    `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status,
       max_attempts, priority, run_as, started_at, finished_at, attempt)
     select s.id, s.name, s.task_identifier, '{}', t, t, 'schedule', (case n when 1 then 'failed' else 'succeeded' end)::almanac.run_status, 1, 1, 'x', t, t, 1
     from almanac.schedules s, generate_series(1, 6000) n, lateral (select now() - n * interval '1 minute') l(t)
     where s.name in ('one', 'two')`,
  )
  await db.query('analyze almanac.runs')
  server = await startTestServer(db)
  viewer = await signIn(db, server, 'viewer')
})
afterAll(async () => {
  await server.close()
})

it.each([
  ['of a table, no further than 10,001', '{ runs { totalCount } }', { runs: { totalCount: 10_001 } }],
  [
    'the same for any page and order',
    '{ runs(first: 1, offset: 5, orderBy: [DUE_AT_DESC]) { totalCount nodes { trigger } } }',
    { runs: { totalCount: 10_001, nodes: [{ trigger: 'schedule' }] } },
  ],
  [
    'exactly where there are fewer',
    '{ runs(filter: {scheduleName: {equalTo: "one"}}, last: 1) { totalCount } }',
    { runs: { totalCount: 6_000 } },
  ],
  [
    'of none',
    '{ runs(filter: {scheduleName: {equalTo: "none"}}) { totalCount } }',
    { runs: { totalCount: 0 } },
  ],
  [
    'by aliases, each its own',
    '{ a: runs(filter: {status: {equalTo: failed}}) { totalCount } b: schedules(filter: {isSystem: {equalTo: false}}) { totalCount } }',
    { a: { totalCount: 2 }, b: { totalCount: 2 } },
  ],
  [
    'exactly of each row’s',
    '{ schedules(filter: {isSystem: {equalTo: false}}, orderBy: [NAME_ASC]) { nodes { name runs { totalCount } } } }',
    {
      schedules: {
        nodes: ['one', 'two'].map((name) => ({ name, runs: { totalCount: 6_000 } })),
      },
    },
  ],
])('totalCount counts %s', async (_what, query, data) => {
  expect(await viewer.graphql(query)).toEqual({ data })
})

it('nor further in a mutation', async () => {
  const admin = await signIn(db, server, 'admin')

  const answer = await admin.graphql(
    'mutation { pause(input: {schedule: "one"}) { query { runs { totalCount } } } }',
  )

  expect(answer).toEqual({ data: { pause: { query: { runs: { totalCount: 10_001 } } } } })
})
