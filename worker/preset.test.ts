import { resolvePreset } from 'graphile-config'
import {
  run,
  runMigrations,
  WorkerPreset,
  type Runner,
  type RunnerOptions,
  type Task,
  type TaskList,
} from 'graphile-worker'
import { afterEach, expect, test, vi } from 'vitest'
import { createEmptyDatabase } from '../tests/database/createTestDatabase.ts'
import { graphileLogger } from './graphileLog.ts'
import { almanacPreset, type AlmanacOptions } from './preset.ts'
import { createGate } from './testing/gate.ts'
import { until } from './testing/until.ts'
import { useTestWorkers } from './testing/testWorkers.ts'

const workers = useTestWorkers()
const messages: string[] = []
let runner: Runner | undefined

afterEach(async () => {
  await runner?.stop().catch(() => undefined)
  runner = undefined
  messages.length = 0
  vi.unstubAllEnvs()
})

async function runHost(
  taskList: TaskList,
  options: RunnerOptions = {},
  almanac: AlmanacOptions = {},
): Promise<void> {
  const log = (level: string, message: string) => messages.push(`${level}: ${message}`)
  runner = await run({
    preset: { extends: [almanacPreset({ log, ...almanac })] },
    ...(options.pgPool ? {} : { connectionString: workers.database.connectionStringFor('worker') }),
    logger: graphileLogger(log),
    noHandleSignals: true,
    taskList,
    ...options,
  })
}

test('a host that extends the preset runs schedules next to its own jobs', async () => {
  let own = 0
  await runHost({ shared: () => void own++ })

  await workers.trigger('hosted', 'shared')
  await workers.run('hosted', 'succeeded')
  await workers.trigger('builtin', 'almanac:noop')
  await workers.run('builtin', 'succeeded')

  expect(own).toBe(1)
})

test("a host's settings stay as they are, wherever they stand", () => {
  const host: GraphileConfig.Preset = {
    worker: { concurrentJobs: 3, pollInterval: 500, localQueue: { size: 5 }, taskDirectory: '/srv/tasks' },
  }

  for (const presets of [
    [host, almanacPreset()],
    [almanacPreset(), host],
  ])
    expect(resolvePreset({ extends: [WorkerPreset, ...presets] }).worker).toEqual({
      ...WorkerPreset.worker,
      ...host.worker,
    })
})

test('a worker takes no job that it cannot begin, so that an urgent one is next', async () => {
  const gate = createGate()
  const begun: string[] = []
  await workers.query(`select graphile_worker.add_job('slow') from generate_series(1, 4)`)
  await runHost(
    { slow: gate.task as Task, urgent: () => void begun.push('urgent') },
    { preset: { extends: [almanacPreset()], worker: { concurrentJobs: 2 } } },
  )
  await gate.entered()
  await gate.entered()
  const locked = await workers.query(`select from graphile_worker.jobs where locked_by is not null`)

  await workers.query(`select graphile_worker.add_job('urgent', priority => -1)`)
  for (const _ of [3, 4]) {
    gate.open()
    await gate.entered()
    begun.push('slow')
  }
  gate.open()
  gate.open()

  expect(locked).toHaveLength(2)
  expect(begun).toEqual(['urgent', 'slow', 'slow'])
})

/** A worker that is refused: its pool ends, the process will end with 1, and of its jobs none was done. */
async function expectRefused(
  reason: string,
  start: () => Promise<void>,
  query = workers.query,
): Promise<void> {
  await start()
  await runner?.promise

  expect(messages.filter((message) => message.startsWith('error: The worker does not start: '))).toEqual([
    expect.stringContaining(reason),
  ])
  expect(process.exitCode).toBe(1)
  process.exitCode = undefined
  expect(await query('select attempts from graphile_worker.jobs')).toEqual([{ attempts: 0 }])
}

test.each<[string, TaskList, string]>([
  [
    'a frozen task list',
    Object.freeze({ shared: () => undefined }),
    'The task list is frozen. Pass a copy of it to Graphile Worker: { ...tasks }.',
  ],
  [
    'a task with a name of ours',
    { shared: () => undefined, 'almanac:sql': () => undefined },
    'almanac:sql is',
  ],
])('a worker that cannot record does not start: %s', async (_, taskList, reason) => {
  await workers.query(`select graphile_worker.add_job('shared')`)

  await expectRefused(reason, () => runHost(taskList))
})

test('a worker that cannot record does not start: no URL', async () => {
  vi.stubEnv('DATABASE_URL', '')
  await workers.query(`select graphile_worker.add_job('shared')`)

  await expectRefused('It has no database URL. Set DATABASE_URL', () =>
    runHost({ shared: () => undefined }, { pgPool: workers.database.pool }),
  )
})

test.each([
  ['another schema', `create schema other`, { schema: 'other' }, 'Unset GRAPHILE_WORKER_SCHEMA.'],
  ['a database without Almanac', `select`, {}, 'Run "almanac migrate"'],
  [
    'one of an older release',
    `create schema almanac_private; grant usage on schema almanac_private to public`,
    {},
    'Run "almanac migrate"',
  ],
])('a worker that cannot record does not start: %s', async (_, prepare, options: RunnerOptions, reason) => {
  const database = await createEmptyDatabase()
  try {
    await database.query(prepare)
    const connectionString = database.connectionString
    await runMigrations({ connectionString, ...options })
    await database.query(`select ${options.schema ?? 'graphile_worker'}.add_job('shared')`)
    const query = ((text: string) =>
      database.query(
        text.replace('graphile_worker', options.schema ?? 'graphile_worker'),
      )) as typeof workers.query

    await expectRefused(
      reason,
      () => runHost({ shared: () => undefined }, { connectionString, ...options }),
      query,
    )
  } finally {
    await runner?.stop().catch(() => undefined)
    // The library ends its pools without being waited for, and throws at connections that the server ends.
    await until('the host has left', async () => {
      const others = await database.query(
        `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
         and backend_type = 'client backend'`,
      )
      return others.length === 0
    })
    await database.drop()
  }
})

test('a worker whose login may not record does not start', async () => {
  await workers.query(`select graphile_worker.add_job('shared')`)

  await expectRefused('Ask the owner to run "grant almanac_worker to …"', () =>
    runHost(
      { shared: () => undefined },
      { connectionString: workers.database.connectionString },
      { connectionString: workers.database.connectionStringFor('server') },
    ),
  )
})

test.each([
  ['one URL', {}, undefined, true],
  ['the same URL twice', { directUrl: 'postgres://a/b' }, undefined, true],
  ['a session next to a pooler', { directUrl: 'postgres://direct/b' }, undefined, false],
  ['a session next to a pooler, by the environment', {}, 'postgres://direct/b', false],
])(
  'statements are prepared, as the host has it, where no pooler comes between: %s',
  (_, options, directUrl, isLeft) => {
    vi.stubEnv('ALMANAC_DIRECT_URL', directUrl)

    const { worker } = almanacPreset({ connectionString: 'postgres://a/b', ...options })

    expect(worker?.preparedStatements).toBe(isLeft ? undefined : false)
  },
)
