import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../tests/database/createTestDatabase.ts'
import type { RunningServer } from './main.ts'
import { signIn, startTestServer } from './testing/client.ts'

let db: TestDatabase
let server: RunningServer
let as: Record<'viewer' | 'operator' | 'admin', Awaited<ReturnType<typeof signIn>>>

beforeAll(async () => {
  db = await createTestDatabase()
  server = await startTestServer(db)
  as = {
    viewer: await signIn(db, server, 'viewer'),
    operator: await signIn(db, server, 'operator'),
    admin: await signIn(db, server, 'admin'),
  }
})
afterAll(async () => {
  await server.close()
  await db.drop()
})

const CREATE = `mutation ($definition: JSON!) { createSchedule(input: {definition: $definition}) { result { rowId name createdBy } } }`
const noop = (name: string, more: object = {}) => ({
  definition: { name, kind: 'cron', cron_expression: '0 3 * * *', task_identifier: 'almanac:noop', ...more },
})

describe('what a role may do', () => {
  it('an operator creates, pauses, triggers and deletes a schedule, under their own name', async () => {
    expect((await as.operator.graphql(CREATE, noop('own'))).data).toMatchObject({
      createSchedule: { result: { name: 'own', createdBy: 'test_operator' } },
    })
    for (const [mutation, expected] of [
      [
        `pause(input: {schedule: "own", reason: "lunch"}) { result { status pauseReason } }`,
        { status: 'paused', pauseReason: 'lunch' },
      ],
      [`resume(input: {schedule: "own"}) { result { status } }`, { status: 'active' }],
      [
        `triggerNow(input: {schedule: "own"}) { result { status trigger } }`,
        { status: 'queued', trigger: 'manual' },
      ],
      [`unschedule(input: {schedule: "own"}) { result { nextRunAt } }`, { nextRunAt: null }],
    ] as const) {
      const { data, errors } = await as.operator.graphql(`mutation { ${mutation} }`)
      expect(errors).toBeUndefined()
      expect(Object.values(data!)[0]).toMatchObject({ result: expected })
    }
  })

  it.each([
    [
      'createSchedule(input: {definition: {name: "x", kind: "manual", task_identifier: "almanac:noop"}}) { clientMutationId }',
    ],
    ['pause(input: {schedule: "x"}) { clientMutationId }'],
    ['triggerNow(input: {schedule: "x"}) { clientMutationId }'],
    ['registerTask(input: {identifier: "x"}) { clientMutationId }'],
  ])('a viewer is refused: %s', async (mutation) => {
    const { errors } = await as.viewer.graphql(`mutation { ${mutation} }`)

    expect(errors?.[0]?.extensions).toMatchObject({ code: '42501' })
  })

  it("an operator is refused another's schedule, an admin is not", async () => {
    await as.admin.graphql(CREATE, noop('admins'))
    const pause = `mutation { pause(input: {schedule: "admins"}) { result { status } } }`

    expect((await as.operator.graphql(pause)).errors?.[0]).toMatchObject({
      message: 'Schedule admins may not be changed by test_operator.',
      extensions: { code: 'AL011', hint: 'Its owner and admins may.' },
    })
    expect((await as.admin.graphql(pause)).data).toEqual({ pause: { result: { status: 'paused' } } })
  })

  it('almanac:sql over the API is for admins', async () => {
    const definition = noop('sql', { task_identifier: 'almanac:sql', payload: { statement: 'select 1' } })

    expect((await as.operator.graphql(CREATE, definition)).errors?.[0]?.extensions).toMatchObject({
      code: 'AL011',
      field: 'task_identifier',
    })
    expect((await as.admin.graphql(CREATE, definition)).errors).toBeUndefined()
  })

  it('everyone sees schedules, runs, tasks and workers', async () => {
    const { data, errors } = await as.viewer.graphql(
      `{ schedules { nodes { name } } runs { nodes { status schedule { name } attempts { nodes { attempt } } } } tasks { nodes { identifier } } workers { nodes { isLeader } } signedInUser { username } }`,
    )

    expect(errors).toBeUndefined()
    expect(data).toMatchObject({ signedInUser: { username: 'test_viewer' } })
  })
})

describe('errors say where and what to do', () => {
  it.each([
    ['AL001', 'cron_expression', { cron_expression: '61 * * * *' }],
    ['AL002', 'timezone', { timezone: 'Mars/Olympus' }],
    ['AL003', 'every', { kind: 'interval', cron_expression: null, every: '0' }],
    ['AL004', 'run_at', { kind: 'once', cron_expression: null, run_at: '2001-01-01T00:00:00Z' }],
    ['AL005', 'task_identifier', { task_identifier: 'nobody:knows' }],
    ['AL006', 'payload', { payload: [1] }],
    ['AL009', 'colour', { colour: 'red' }],
    ['22007', 'timeout', { timeout: 'soon' }],
    ['22003', 'priority', { priority: 99_999 }],
    ['23514', 'max_attempts', { max_attempts: 0 }],
    ['23514', 'ends_at', { starts_at: '2100-01-02T00:00:00Z', ends_at: '2100-01-01T00:00:00Z' }],
  ])('%s at %s', async (code, field, more) => {
    const { errors } = await as.admin.graphql(CREATE, noop('wrong', more))

    expect(errors?.[0]?.extensions).toMatchObject({ code, field })
  })

  it('a name that is taken', async () => {
    await as.admin.graphql(CREATE, noop('taken'))

    expect((await as.admin.graphql(CREATE, noop('taken'))).errors?.[0]?.extensions).toMatchObject({
      code: '23505',
      field: 'name',
    })
  })

  it('other failures are not told to strangers', async () => {
    const { errors } = await as.admin.graphql(
      `{ nextRunAt(cron: "* * * * *", timezone: "UTC", after: "never") }`,
    )

    expect(errors?.[0]?.message).not.toMatch(/select|pg_/i)
  })
})

it('preview refuses and answers like saving', async () => {
  const preview = `query ($definition: JSON!) { preview(definition: $definition, maxCount: 2) { scheduledFor localTime } }`

  expect(
    (await as.viewer.graphql(preview, { definition: { kind: 'cron', cron_expression: '30 2 31 2 *' } })).data,
  ).toEqual({ preview: [] })
  expect(
    (await as.viewer.graphql(preview, { definition: { kind: 'cron', cron_expression: 'x' } })).errors?.[0]
      ?.extensions,
  ).toMatchObject({ code: 'AL001' })
})
