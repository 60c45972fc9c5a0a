import { run, type Runner, type TaskList } from 'graphile-worker'
import { afterEach, expect, test, vi } from 'vitest'
import { graphileLogger } from './log.ts'
import { almanacPreset, recordTasks } from './preset.ts'
import { useTestWorkers } from './testing/testWorkers.ts'

const workers = useTestWorkers()
const messages: string[] = []
let runner: Runner | undefined

afterEach(async () => {
  await runner?.stop()
  runner = undefined
  messages.length = 0
})

async function runHost(taskList: TaskList): Promise<void> {
  const log = (level: string, message: string) => messages.push(`${level}: ${message}`)
  runner = await run({
    preset: { extends: [almanacPreset({ log })] },
    connectionString: workers.database.connectionStringFor('worker'),
    logger: graphileLogger(log),
    noHandleSignals: true,
    taskList,
  })
}

test('a host that extends the preset runs schedules beside its own jobs', async () => {
  let own = 0
  await runHost({ shared: () => void own++ })

  await workers.trigger('hosted', 'shared')
  await workers.run('hosted', 'succeeded')
  await workers.trigger('builtin', 'almanac:noop')
  await workers.run('builtin', 'succeeded')

  expect(own).toBe(1)
})

test('a frozen task list is refused with its remedy', async () => {
  await runHost(Object.freeze({ shared: () => undefined }))

  expect(messages.join('\n')).toContain(
    'The task list is frozen. Give Graphile Worker recordTasks(tasks) in its place.',
  )
})

test('a frozen list that recordTasks made is recorded', async () => {
  await runHost(Object.freeze(recordTasks(Object.freeze({ shared: () => undefined }))))

  await workers.trigger('frozen', 'shared')

  await workers.run('frozen', 'succeeded')
})

test.each([
  ['one URL', {}, undefined, true],
  ['the same URL twice', { directUrl: 'postgres://a/b' }, undefined, true],
  ['a session beside a pooler', { directUrl: 'postgres://direct/b' }, undefined, false],
  ['a session beside a pooler, by the environment', {}, 'postgres://direct/b', false],
])('statements are prepared where no pooler comes between: %s', (_, options, directUrl, expected) => {
  vi.stubEnv('ALMANAC_DIRECT_URL', directUrl)

  const { worker } = almanacPreset({ connectionString: 'postgres://a/b', ...options })

  expect(worker?.preparedStatements).toBe(expected)
  vi.unstubAllEnvs()
})
