import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { MOST_FIELDS } from './plugins/operationSize.ts'
import { signIn, startTestServer, type TestRole, type TestServer } from './testing/client.ts'

const db = useTestDatabase()
let server: TestServer
let as: Record<TestRole, Awaited<ReturnType<typeof signIn>>>

beforeAll(async () => {
  server = await startTestServer(db)
  as = {
    viewer: await signIn(db, server, 'viewer'),
    operator: await signIn(db, server, 'operator'),
    admin: await signIn(db, server, 'admin'),
  }
})
afterAll(async () => {
  await server.close()
})

const CREATE = `mutation ($definition: JSON!) { createSchedule(input: {definition: $definition}) { result { rowId name createdBy } } }`
const noop = (name: string, more: object = {}) => ({
  definition: { name, kind: 'cron', cron_expression: '0 3 * * *', task_identifier: 'almanac:noop', ...more },
})

/** An input for each mutation, in which "x" and "0" stand for a schedule. */
const MUTATIONS = {
  createSchedule: `{definition: {name: "x", kind: "manual", task_identifier: "almanac:noop"}}`,
  pause: `{schedule: "x"}`,
  applySchedules: `{owner: "app", definitions: [], version: "1"}`,
  releaseSchedule: `{schedule: "x"}`,
  registerTask: `{identifier: "x"}`,
  disableTask: `{task: "x"}`,
  enableTask: `{task: "x"}`,
  requireRole: `{task: "x"}`,
  restore: `{schedule: "x"}`,
  restoreSchedule: `{scheduleId: "0"}`,
  resume: `{schedule: "x"}`,
  scheduleAt: `{name: "x", runAt: "2100-01-01T00:00:00Z", task: "almanac:noop"}`,
  scheduleCron: `{name: "x", cron: "0 0 * * *", task: "almanac:noop"}`,
  scheduleEvery: `{name: "x", every: {hours: 1}, task: "almanac:noop"}`,
  triggerNow: `{schedule: "x"}`,
  unschedule: `{schedule: "x"}`,
  cancelQueued: `{schedule: "x"}`,
  cancelRun: `{runId: "1"}`,
  cancelRuns: `{filter: {schedule: "x"}}`,
  retryRun: `{runId: "1"}`,
  retryFailed: `{filter: {ids: [1]}}`,
  updateSchedule: `{scheduleId: "0", changes: {priority: 2}}`,
  splitSchedule: `{schedule: "x", occurrence: "2100-01-01T00:00:00Z", movedTo: "2100-01-02T00:00:00Z"}`,
  moveSeries: `{schedule: "x", occurrence: "2100-01-01T00:00:00Z", movedTo: "2100-01-02T00:00:00Z"}`,
  undoSplit: `{scheduleId: "0", splitId: "0", expectedUpdatedAt: "2100-01-01T00:00:00Z", splitUpdatedAt: "2100-01-01T00:00:00Z"}`,
  undoOverride: `{schedule: "x", occurrence: "2100-01-01T00:00:00Z", madeAt: "2100-01-01T00:00:00Z"}`,
  createCalendar: `{name: "y"}`,
  createBusinessDays: `{name: "y"}`,
  updateCalendar: `{calendar: "off", changes: {}}`,
  deleteCalendar: `{calendar: "off"}`,
  excludeDates: `{calendar: "off", startsOn: "2100-01-01"}`,
  excludeRange: `{calendar: "off", startsAt: "2100-01-01T00:00:00Z", endsAt: "2100-01-02T00:00:00Z"}`,
  excludeRecurring: `{calendar: "off", cron: "0 0 * * *", duration: {hours: 1}}`,
  removeExclusion: `{entryId: "1"}`,
  importExclusions: `{calendar: "off", source: "a.ics", entries: []}`,
  moveOccurrence: `{schedule: "x", occurrence: "2100-01-01T00:00:00Z", movedTo: "2100-01-02T00:00:00Z"}`,
  skipOccurrence: `{schedule: "x", occurrence: "2100-01-01T00:00:00Z"}`,
  restoreOccurrence: `{schedule: "x", occurrence: "2100-01-01T00:00:00Z"}`,
  recompute: `{dryRun: true}`,
  reconcile: `{}`,
  pauseAll: `{}`,
  resumeAll: `{}`,
  adopt: `{}`,
  replanFromNow: `{}`,
  giveSchedule: `{schedule: "x", runAs: "almanac_admin"}`,
  removeCalendarRule: `{ruleId: "1"}`,
  setRetention: `{keepFor: {days: 90}}`,
  setResourceGroup: `{name: "x", maxRunning: 1}`,
  deleteResourceGroup: `{name: "x"}`,
  defineWorkflow: `{name: "x", definition: {steps: [{task: "almanac:noop"}]}}`,
  deleteWorkflow: `{name: "x"}`,
  setTaskResourceGroup: `{task: "almanac:noop"}`,
  purge: `{before: "2000-01-01T00:00:00Z"}`,
}

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

  it('a viewer is refused every mutation but that of their own settings', async () => {
    const { data } = await as.viewer.graphql(`{ __schema { mutationType { fields { name } } } }`)
    const { fields } = (data as { __schema: { mutationType: { fields: { name: string }[] } } }).__schema
      .mutationType
    expect(fields.map(({ name }) => name).sort()).toEqual(
      [...Object.keys(MUTATIONS), 'changeOwnSettings'].sort(),
    )

    for (const [name, input] of Object.entries(MUTATIONS)) {
      const { errors } = await as.viewer.graphql(`mutation { ${name}(input: ${input}) { clientMutationId } }`)
      expect([name, errors?.[0]?.extensions]).toMatchObject([
        name,
        {
          code: expect.stringMatching(/^(AL011|42501)$/) as string,
          hint: expect.stringMatching(/^Ask an admin/) as string,
        },
      ])
    }
  })

  it("an operator is refused an admin's matter", async () => {
    const { errors } = await as.operator.graphql(
      `mutation { registerTask(input: ${MUTATIONS.registerTask}) { clientMutationId } }`,
    )

    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'AL011',
      hint: 'Ask an admin to do it, or to grant you the role.',
    })
  })

  it.each(['pause', 'resume', 'unschedule', 'triggerNow', 'updateSchedule', 'scheduleCron'] as const)(
    "an operator is refused %s of another's schedule, and it stays as it was",
    async (mutation) => {
      const paused = mutation === 'resume' ? { status: 'paused' } : {}
      await as.admin.graphql(CREATE, noop(`another-${mutation}`, paused))
      const look = `select s.*, (select count(*) from almanac.runs r where r.schedule_id = s.id) as runs from almanac.schedules s where name = $1`
      const before = await db.query<{ id: string }>(look, [`another-${mutation}`])

      const input = MUTATIONS[mutation]
        .replace('"x"', `"another-${mutation}"`)
        .replace('"0"', `"${before[0]!.id}"`)
      const { errors } = await as.operator.graphql(
        `mutation { ${mutation}(input: ${input}) { clientMutationId } }`,
      )

      expect(errors?.[0]?.extensions?.['code']).toMatch(/^(AL011|42501)$/)
      expect(await db.query(look, [`another-${mutation}`])).toEqual(before)
    },
  )

  it.each(['admin', 'operator'] as const)(
    'no one changes a system schedule, not even an %s, and the refusal says whose it is',
    async (role) => {
      await db.query(`select almanac_private.install_system_schedules()`)

      const { errors } = await as[role].graphql(
        `mutation { pause(input: {schedule: "almanac:check-ledger"}) { clientMutationId } }`,
      )

      expect(errors?.[0]).toMatchObject({
        message: "Schedule almanac:check-ledger is Almanac's own and cannot be changed.",
        extensions: { code: 'AL017' },
      })
      const { data } = await as[role].graphql(
        `{ schedules(filter: {isSystem: {equalTo: true}}, orderBy: [NAME_ASC]) { nodes { name isSystem status } } }`,
      )
      expect(data).toEqual({
        schedules: {
          nodes: [
            { name: 'almanac:apply-retention', isSystem: true, status: 'active' },
            { name: 'almanac:check-ledger', isSystem: true, status: 'active' },
          ],
        },
      })
    },
  )

  it('an operator owns what they create, and gives it to no one', async () => {
    const owner = `select u.username from almanac.schedules s join almanac.users u on u.id = s.owner_user where s.name = 'foisted'`
    await as.operator.graphql(CREATE, noop('foisted', { owner_user: 1 }))
    expect(await db.query(owner)).toEqual([{ username: 'test_operator' }])

    const [schedule] = await db.query<{ id: string }>(
      `select id from almanac.schedules where name = 'foisted'`,
    )
    const { errors } = await as.operator.graphql(
      `mutation { updateSchedule(input: {scheduleId: "${schedule!.id}", changes: {owner_user: 1}}) { clientMutationId } }`,
    )

    expect(errors?.[0]?.extensions).toMatchObject({ code: 'AL011', field: 'owner_user' })
    expect(await db.query(owner)).toEqual([{ username: 'test_operator' }])
  })

  it('an operator changes columns of their own schedule by its number', async () => {
    const created = await as.operator.graphql(CREATE, noop('edited'))
    const { rowId } = (created.data as { createSchedule: { result: { rowId: string } } }).createSchedule
      .result

    const { data, errors } = await as.operator.graphql(
      `mutation ($id: BigInt!) { updateSchedule(input: {scheduleId: $id, changes: {priority: 0}}) { result { name priority cronExpression } } }`,
      { id: rowId },
    )

    expect(errors).toBeUndefined()
    expect(data).toEqual({
      updateSchedule: { result: { name: 'edited', priority: 0, cronExpression: '0 3 * * *' } },
    })
  })

  it('no one reaches what the engine keeps to itself', async () => {
    const { data } = await as.admin.graphql(`{ __schema { types { name fields { name } } } }`)
    const { types } = (data as { __schema: { types: { name: string; fields: { name: string }[] | null }[] } })
      .__schema
    const names = types.flatMap((type) => (type.fields ?? []).map((field) => `${type.name}.${field.name}`))

    expect(names).toContain('Schedule.nextRunAt')
    expect(
      names.filter((name) =>
        /^Schedule\.rule$|\.(rule(?!Id$|ForMove$)[A-Z]|cursorAt|nextScheduledFor)|token|session|password|(?<!sql)logins?\b|^Mutation\.(create(?!Schedule|Calendar$|BusinessDays)|update(?!Schedule|Calendar$)|delete(?!Calendar$|ResourceGroup$|Workflow$))/i.test(
          name,
        ),
      ),
    ).toEqual([])
  })

  it("an operator is refused another's schedule, an admin is not", async () => {
    await as.admin.graphql(CREATE, noop('admins'))
    const pause = `mutation { pause(input: {schedule: "admins"}) { result { status } } }`

    expect((await as.operator.graphql(pause)).errors?.[0]).toMatchObject({
      message: 'Schedule admins may not be changed by test_operator.',
      extensions: {
        code: 'AL011',
        hint: expect.stringMatching(/^Its owner and admins may change it\./) as string,
      },
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

  it('whether one may change a schedule is a field of it', async () => {
    await as.admin.graphql(CREATE, noop('admins'))
    const QUERY = `{ schedules(filter: {name: {equalTo: "admins"}}) { nodes { mayChange } } }`

    expect((await as.operator.graphql(QUERY)).data).toEqual({ schedules: { nodes: [{ mayChange: false }] } })
    expect((await as.admin.graphql(QUERY)).data).toEqual({ schedules: { nodes: [{ mayChange: true }] } })
  })

  it('everyone sees schedules, runs, tasks and workers', async () => {
    const { data, errors } = await as.viewer.graphql(
      `{ schedules { nodes { name } } runs { nodes { status schedule { name } attempts { nodes { attempt } } } } tasks { nodes { identifier } } workers { nodes { isLeader } } signedInUser { username } }`,
    )

    expect(errors).toBeUndefined()
    expect(data).toMatchObject({ signedInUser: { username: 'test_viewer' } })
  })

  it("everyone sees an application's jobs and crontab, operators their errors, and admins their payloads", async () => {
    const [{ id } = { id: '' }] = await db.query<{ id: string }>(
      `select id from graphile_worker.add_job('own', '{"secret": 1}', job_key => 'theirs')`,
    )
    await db.query(
      `update graphile_worker._private_jobs set last_error = 'it failed', attempts = max_attempts where key = 'theirs'`,
    )
    const JOBS = `{ hostJobs(search: "theirs") { id taskIdentifier state lastError } hostJobCounts { taskIdentifier failed } hostCrontab { identifier } }`
    const PAYLOAD = `{ hostJobPayload(jobId: "${id}") }`
    const seen = async (who: keyof typeof as) => {
      const { data, errors } = await as[who].graphql(JOBS)
      expect(errors).toBeUndefined()
      expect(data).toMatchObject({
        hostJobs: [{ id, taskIdentifier: 'own', state: 'failed' }],
        hostJobCounts: [{ taskIdentifier: 'own', failed: 1 }],
        hostCrontab: [],
      })
      const payload = await as[who].graphql(PAYLOAD)
      return [data?.['hostJobs'], payload.data?.['hostJobPayload'], payload.errors?.[0]?.extensions?.['code']]
    }

    expect(await seen('viewer')).toMatchObject([[{ lastError: null }], null, 'AL011'])
    expect(await seen('operator')).toMatchObject([[{ lastError: 'it failed' }], null, 'AL011'])
    expect(await seen('admin')).toMatchObject([[{ lastError: 'it failed' }], '{"secret": 1}', undefined])
  })
})

it.each(['', ', payload: null, timezone: null, task: null, settings: null'])(
  'what scheduleCron is not told stays as it is (%s)',
  async (more) => {
    const input = noop('kept', { timezone: 'Europe/Paris', payload: { a: 1 }, tags: ['crm'] })
    await as.admin.graphql(CREATE, input)
    const task = more === '' ? ', task: "almanac:noop"' : ''

    const { data, errors } = await as.admin.graphql(
      `mutation { scheduleCron(input: {name: "kept", cron: "0 4 * * *"${task}${more}}) { result { cronExpression timezone payload tags } } }`,
    )

    expect(errors).toBeUndefined()
    expect(data).toMatchObject({
      scheduleCron: {
        result: { cronExpression: '0 4 * * *', timezone: 'Europe/Paris', payload: { a: 1 }, tags: ['crm'] },
      },
    })
  },
)

describe('errors say where and what to do', () => {
  it.each([
    ['AL001', 'cron_expression', { cron_expression: '61 * * * *' }],
    ['AL002', 'timezone', { timezone: 'Mars/Olympus' }],
    ['AL003', 'every', { kind: 'interval', cron_expression: null, every: '0' }],
    ['AL004', 'run_at', { kind: 'once', cron_expression: null, run_at: '2001-01-01T00:00:00Z' }],
    ['AL005', 'task_identifier', { task_identifier: 'no_one:knows' }],
    ['AL006', 'payload', { payload: [1] }],
    ['AL009', 'colour', { colour: 'red' }],
    ['22007', 'timeout', { timeout: 'soon' }],
    ['22003', 'priority', { priority: 99_999 }],
    ['AL019', 'max_attempts', { max_attempts: 0 }],
    ['AL019', 'tags', { tags: null }],
    ['AL019', 'name', { name: '' }],
    ['AL019', 'starts_at', { starts_at: '-infinity' }],
    ['AL003', 'jitter', { jitter: '2 days' }],
    ['AL019', 'ends_at', { starts_at: '2100-01-02T00:00:00Z', ends_at: '2100-01-01T00:00:00Z' }],
  ])('%s at %s', async (code, field, more) => {
    const { errors } = await as.admin.graphql(CREATE, noop('wrong', more))

    expect(errors?.[0]?.extensions).toMatchObject({ code, field })
  })

  it('a name that is taken', async () => {
    await as.admin.graphql(CREATE, noop('taken'))

    expect((await as.admin.graphql(CREATE, noop('taken'))).errors?.[0]).toMatchObject({
      message: "A schedule 'taken' already exists.",
      extensions: { code: '23505', field: 'name' },
    })
  })

  it('an entry of a calendar that ends before it begins', async () => {
    await as.operator.graphql(`mutation { createCalendar(input: {name: "bounds"}) { result { name } } }`)

    const { errors } = await as.operator.graphql(
      `mutation { excludeRange(input: {calendar: "bounds", startsAt: "2100-01-02T00:00:00Z", endsAt: "2100-01-01T00:00:00Z"}) { result { rowId } } }`,
    )

    expect(errors?.[0]).toMatchObject({
      message: 'The range ends before it starts.',
      extensions: { code: 'AL015', field: 'ends_at' },
    })
  })

  it('a schedule that can never run is saved, and its warning is a field of it', async () => {
    const { data } = await as.admin.graphql(
      `mutation ($definition: JSON!) { createSchedule(input: {definition: $definition}) { result { status warning } } }`,
      noop('leaping', { cron_expression: '0 0 30 2 *' }),
    )

    expect(data).toEqual({
      createSchedule: {
        result: { status: 'completed', warning: 'No date ever matches its rule, 0 0 30 2 *.' },
      },
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

describe('an operation that would keep the server from all else is refused', () => {
  const aliases = (count: number) => Array.from({ length: count }, (_, n) => `f${n}: __typename`).join(' ')
  const doubling = (levels: number) =>
    Array.from(
      { length: levels },
      (_, n) => `fragment F${n} on Query { query { ...F${n + 1} } q: query { ...F${n + 1} } }`,
    )

  it.each([
    ['written out', `{ ${aliases(MOST_FIELDS + 1)} }`],
    [
      'by fragments that double',
      ['{ ...F0 }', ...doubling(12), 'fragment F12 on Query { __typename }'].join('\n'),
    ],
  ])('%s', async (_how, query) => {
    const { data, errors } = await as.viewer.graphql(query)

    expect(data).toBeUndefined()
    expect(errors?.[0]?.message).toMatch(/asks for \d+ fields; the limit is 500/)
  })

  it('one that is as large as it may be is answered', async () => {
    expect((await as.viewer.graphql(`{ ${aliases(MOST_FIELDS)} }`)).errors).toBeUndefined()
  })

  it('a fragment within itself is an error, not an endless count', async () => {
    const { errors } = await as.viewer.graphql('{ ...F } fragment F on Query { query { ...F } }')

    expect(errors?.[0]?.message).toContain('Cannot spread fragment "F" within itself')
  })
})
