import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask } from './defineTask.ts'
import { useTestWorkers } from './testing/testWorkers.ts'
import { until } from './testing/until.ts'
import { announceTasks, catalogueTasks } from './registry.ts'

const workers = useTestWorkers()
let taskDirectory: string

beforeEach(async () => {
  taskDirectory = await mkdtemp(join(tmpdir(), 'almanac-tasks-'))
})
afterEach(() => rm(taskDirectory, { recursive: true }))

async function known(identifier: string): Promise<Record<string, unknown>> {
  return until(`${identifier} is announced`, async () => {
    const [row] = await workers.query(`select * from almanac.tasks where identifier = $1 and available`, [
      identifier,
    ])
    return row
  })
}

test('what of the schema of a task is not checked is logged once', async () => {
  const told = new Set<string>()
  const lines: string[] = []
  const announce = () =>
    announceTasks({
      query: workers.query,
      identifiers: ['told'],
      catalogue: new Map([['told', { payloadSchema: { properties: { host: { format: 'hostname' } } } }]]),
      told,
      log: (_, message) => lines.push(message),
    })

  await announce()
  await announce()

  expect(lines).toEqual([
    'Not every part of a JSON Schema is checked: task told: payload_schema/properties/host/format: hostname. See docs/payloads.md.',
  ])
})

test('a task whose schema cannot be told is named, and the others are announced', async () => {
  const circular: Record<string, unknown> = {}
  circular['properties'] = { self: circular, other: true }
  const lines: string[] = []

  await announceTasks({
    query: workers.query,
    identifiers: ['circular', 'ordered'],
    catalogue: new Map([
      ['circular', { payloadSchema: circular }],
      [
        'ordered',
        {
          payloadSchema: {
            properties: { subject: true, to: { items: { properties: { name: true, at: true } } } },
          },
        },
      ],
    ]),
    told: new Set(),
    log: (_, message) => lines.push(message),
  })

  expect(lines).toEqual([expect.stringContaining('Task circular cannot be announced')])
  const [row] = await workers.query<{ payload_schema: unknown }>(
    `select payload_schema from almanac.tasks where identifier = 'ordered'`,
  )
  expect(row?.payload_schema).toMatchObject({
    'x-order': ['subject', 'to'],
    properties: { to: { items: { 'x-order': ['name', 'at'] } } },
  })
})

test('a file in tasks/ is a task, with the metadata that it exports', async () => {
  await writeFile(
    join(taskDirectory, 'report.mjs'),
    `export const metadata = { label: 'Report', group: 'nightly', payloadSchema: { type: 'object' }, timeout: '90 seconds', maxAttempts: 5, retryDelay: '1 minute', retryBackoff: 1.5, retryCeiling: '1 hour', dependsOn: ['load'] }
     export default (payload) => ({ year: payload.year })`,
  )
  await writeFile(join(taskDirectory, 'load.mjs'), 'export default () => {}')

  await workers.start({ taskDirectory })

  expect(await known('report')).toMatchObject({
    label: 'Report',
    payload_schema: { type: 'object' },
    default_timeout: { minutes: 1, seconds: 30 },
    default_max_attempts: 5,
    default_retry_delay: { minutes: 1 },
    default_retry_backoff: '1.5',
    default_retry_ceiling: { hours: 1 },
    task_group: 'nightly',
    depends_on: ['load'],
    is_builtin: false,
  })
  await workers.trigger('report', 'report', { payload: { year: 2026 } })
  expect(await workers.run('report', 'succeeded')).toMatchObject({ result: { year: 2026 } })
})

const ENTRY = pathToFileURL(join(import.meta.dirname, 'index.ts')).href

test('a task that is defined says of itself what metadata says, in a file and among the tasks of a worker', async () => {
  await writeFile(
    join(taskDirectory, 'filed.mjs'),
    `import { defineTask } from '${ENTRY}'
     export default defineTask({ label: 'From a file', run: ({ year }) => ({ year }) })`,
  )
  const listed = defineTask({
    label: 'From a list',
    payload: z.strictObject({ year: z.int() }),
    run: ({ year }) => ({ year: year + 1 }),
  })

  await workers.start({ taskDirectory, tasks: { listed } })

  expect(await known('filed')).toMatchObject({ label: 'From a file' })
  expect(await known('listed')).toMatchObject({
    label: 'From a list',
    payload_schema: { properties: { year: { type: 'integer' } }, required: ['year'] },
  })
  for (const [task, year] of [
    ['filed', 2026],
    ['listed', 2027],
  ] as const) {
    await workers.trigger(task, task, { payload: { year: 2026 } })
    expect(await workers.run(task, 'succeeded')).toMatchObject({ result: { year } })
  }
})

test('a task that asks for a process of its own, and is in no file, is refused with what to do', () => {
  const tasks = { listed: defineTask({ isolation: true, run: () => undefined }) }

  expect(() => catalogueTasks(tasks, ['listed'], new Map())).toThrow(
    'Task listed asks for a process of its own, which only a task in a file can have: move it',
  )
})

test.each([
  ['in the worker', ''],
  ['in a process of its own', 'export const metadata = { isolation: true }'],
])('an error that says so is not retried: thrown %s', async (_, metadata) => {
  await writeFile(
    join(taskDirectory, 'final.mjs'),
    `import { NonRetryableError } from '${ENTRY}'
     ${metadata}
     export default () => { throw new NonRetryableError('The customer is gone.') }`,
  )
  await workers.start({ taskDirectory })
  await known('final')

  await workers.trigger('final', 'final', { max_attempts: 5 })

  expect(await workers.run('final', 'failed')).toMatchObject({ attempt: 1, error: 'The customer is gone.' })
})

test('an executable file is a task', async () => {
  const file = join(taskDirectory, 'shell.sh')
  await writeFile(file, '#!/bin/sh\ngrep -q \'"name":"x"\'\n')
  await chmod(file, 0o755)

  await workers.start({ taskDirectory })

  await known('shell')
  await workers.trigger('shell good', 'shell', { payload: { name: 'x' } })
  await workers.run('shell good', 'succeeded')
  await workers.trigger('shell bad', 'shell', { payload: { name: 'y' }, max_attempts: 1 })
  expect(await workers.run('shell bad', 'failed')).toMatchObject({ error: 'Process exited with code 1' })
})

test('a task whose file is gone stays known, but is not available', async () => {
  await writeFile(join(taskDirectory, 'gone.mjs'), 'export default () => {}')
  const first = await workers.start({ taskDirectory })
  await known('gone')
  await first.close()
  await rm(join(taskDirectory, 'gone.mjs'))

  await workers.start({ taskDirectory })

  await until('it is withdrawn', async () => {
    const [row] = await workers.query(`select available from almanac.tasks where identifier = 'gone'`)
    return row?.['available'] === false
  })
})

test.each([
  ['that cannot be read', 'export default ('],
  ['without a task in it', 'export const other = 1'],
])('a file %s fails the runs of its own task only', async (_, text) => {
  await writeFile(join(taskDirectory, 'broken.mjs'), text)
  await writeFile(join(taskDirectory, 'sound.mjs'), 'export default () => {}')

  const worker = await workers.start({ taskDirectory })

  expect(worker.messages.join('\n')).toContain('Task broken could not be loaded')
  await workers.trigger('sound', 'sound')
  await workers.run('sound', 'succeeded')
  await workers.trigger('broken', 'broken', { max_attempts: 1 })
  expect((await workers.run('broken', 'failed')).error).toContain('Fix its file and restart the worker')
})

test('a task says why its file could not be loaded, until a worker loads it', async () => {
  await writeFile(join(taskDirectory, 'mended.mjs'), `import './absent.mjs'\nexport default () => {}`)
  const first = await workers.start({ taskDirectory })
  expect((await known('mended'))['problem']).toMatch(/Cannot find module .*absent\.mjs/)
  await first.close()
  // A process keeps what it could not load, so its next release is elsewhere.
  const nextRelease = join(taskDirectory, 'next')
  await mkdir(nextRelease)
  await writeFile(join(nextRelease, 'mended.mjs'), 'export default () => {}')

  await workers.start({ taskDirectory: nextRelease })

  await until('it is sound', async () => {
    const [row] = await workers.query(`select problem from almanac.tasks where identifier = 'mended'`)
    return row?.['problem'] === null
  })
})

test('a worker without tasks of its own starts without a complaint', async () => {
  const worker = await workers.start({ taskDirectory: join(taskDirectory, 'none') })

  await workers.trigger('built in', 'almanac:noop')
  await workers.run('built in', 'succeeded')
  expect(worker.messages.join('\n')).not.toContain('No runnable tasks')
})
