import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'
import { isRunning } from './testing/isolatedRun.ts'

const workers = useTestWorkers()
let taskDirectory: string
beforeEach(async () => {
  taskDirectory = await mkdtemp(join(tmpdir(), 'almanac-isolated-'))
})
afterEach(() => rm(taskDirectory, { recursive: true }))

async function write(name: string, text: string, mode = 0o644): Promise<void> {
  await writeFile(join(taskDirectory, name), text)
  await chmod(join(taskDirectory, name), mode)
}

const isolated = (body: string, isolation: unknown = true) =>
  `export const metadata = { isolation: ${JSON.stringify(isolation)} }
   export default async (payload, helpers) => { ${body} }`

/** Waits for a line of a run's log that begins so, and returns its rest. */
async function logged(schedule: string, beginning: string): Promise<string> {
  return until(`${schedule} has logged ${beginning}`, async () => {
    const [line] = await workers.query<{ message: string }>(
      `select l.message from almanac.runs r, almanac.run_log(r.id) l where r.schedule_name = $1 and l.message like $2`,
      [schedule, `${beginning}%`],
    )
    return line?.message.slice(beginning.length).trim()
  })
}

test('the run of an isolated task has its log, progress and result, and a connection of its own', async () => {
  await write(
    'own.mjs',
    isolated(
      `
      helpers.logger.info('in ' + process.pid)
      helpers.progress(0.5, 'half')
      const { rows } = await helpers.query("select current_setting('application_name') as name")
      const failed = await helpers.query('select 1 / 0').catch((error) => error.code)
      const kept = await helpers.withPgClient(async (client) => (await client.query('select $1::int as n', [7])).rows[0].n)
      const job = await helpers.addJob('own', {}, { runAt: new Date('2100-01-01T00:00:00Z') })
      return { rows, failed, kept, added: typeof job.id }`,
      { memory: '512 MB', cpu: '1 minute' },
    ),
  )
  const worker = await workers.start({ taskDirectory })

  await workers.trigger('own', 'own')

  expect(await workers.run('own', 'succeeded')).toMatchObject({
    result: { rows: [{ name: 'almanac isolated task' }], failed: '22012', kept: 7, added: 'string' },
  })
  expect(await logged('own', 'in ')).not.toBe(String(process.pid))
  expect(
    await workers.query(`select progress, progress_note from almanac.runs where schedule_name = 'own'`),
  ).toEqual([{ progress: 0.5, progress_note: 'half' }])
  await until('it is announced', async () => {
    const [task] = await workers.query(`select isolation from almanac.tasks where identifier = 'own'`)
    return (
      JSON.stringify(task?.['isolation']) ===
      '{"runs": 1, "memory_mb": 512, "cpu_seconds": 60}'.replaceAll(' ', '')
    )
  })
  expect(worker.messages).toContain(
    'info: Tasks in processes of their own: memory is looked at four times a second, as ALMANAC_CGROUP names no cgroup.',
  )
})

test('a task that ends its process fails its attempts alone, and is tried again', async () => {
  await write(
    'crash.mjs',
    isolated(`if (helpers.run.attempt < 3) process.kill(process.pid, 'SIGSEGV'); return 'at last'`),
  )
  await write(
    'sound.mjs',
    `export default (_, { abortSignal }) => new Promise((go) => setTimeout(go, 100)).then(() => 'sound')`,
  )
  await workers.start({ taskDirectory })

  await workers.trigger('crash', 'crash', { retry_delay: '1 millisecond' })
  await workers.trigger('sound', 'sound')

  expect(await workers.run('sound', 'succeeded')).toMatchObject({ attempt: 1, result: 'sound' })
  expect(await workers.run('crash', 'succeeded', 60_000)).toMatchObject({ attempt: 3, result: 'at last' })
  const attempts = await workers.query(
    `select a.error from almanac.run_attempts a join almanac.runs r on r.id = a.run_id where r.schedule_name = 'crash' order by a.attempt`,
  )
  const error = "The task's process was ended by SIGSEGV before the task had ended."
  expect(attempts).toEqual([{ error }, { error }, { error: null }])
})

test('a task that holds the CPU is cancelled, and out of time, and its process is gone', async () => {
  await write(
    'hold.mjs',
    isolated(`console.log('pid ' + process.pid); process.on('SIGTERM', () => {}); for (;;);`),
  )
  await workers.start({ taskDirectory })
  await workers.trigger('cancelled', 'hold', { max_attempts: 1 })
  await workers.trigger('timed', 'hold', { max_attempts: 1, timeout: '2 seconds' })
  const pids = [await logged('cancelled', 'pid '), await logged('timed', 'pid ')]

  await workers.query(
    `select almanac.cancel_run(id, 'enough') from almanac.runs where schedule_name = 'cancelled'`,
  )

  expect((await workers.run('cancelled', 'cancelled')).error).toMatch(/: enough\.$/)
  expect(await workers.run('timed', 'timed_out')).toMatchObject({ error: 'Timed out after 2 s.' })
  expect(pids.map(isRunning)).toEqual([false, false])
})

test('a worker that stops tells its isolated tasks, and leaves no process behind', async () => {
  await write('waits.mjs', isolated(`console.log('pid ' + process.pid); await helpers.abortPromise`))
  await write('kept.mjs', isolated(`console.log('pid ' + process.pid)`, { runs: 9 }))
  const worker = await workers.start({ taskDirectory })
  await workers.trigger('kept', 'kept')
  await workers.trigger('waits', 'waits')
  const pids = [await logged('waits', 'pid '), await logged('kept', 'pid ')]
  await workers.run('kept', 'succeeded')
  expect(pids.map(isRunning)).toEqual([true, true])

  await worker.close()

  await until('both have ended', () => Promise.resolve(!pids.some(isRunning)))
  expect((await workers.run('waits', 'retrying')).attempt).toBe(1)
})

test('metadata in a file next to it keeps a module out of the worker, and gives a program limits', async () => {
  await write(
    'heavy.mjs',
    `if (!process.argv[1].includes('child')) throw new Error('in the worker')\nexport default () => process.pid`,
  )
  await write('heavy.task.json', '{"label": "Heavy", "isolation": true}')
  await write('burn.sh', `#!/bin/sh\nenv | grep -c ALMANAC_TEST_SECRET\nwhile :; do :; done\n`, 0o755)
  await write('burn.task.json', '{"label": "Burn", "isolation": {"cpu": "1 second"}}')
  process.env['ALMANAC_TEST_SECRET'] = 'secret'
  await workers.start({ taskDirectory })

  await workers.trigger('heavy', 'heavy')
  await workers.trigger('burn', 'burn', { max_attempts: 1 })

  expect((await workers.run('heavy', 'succeeded')).result).not.toBe(process.pid)
  expect(await workers.run('burn', 'failed')).toMatchObject({
    error: 'The task used more than 1 s of CPU time, its limit, and was ended.',
  })
  expect(await logged('burn', '0')).toBe('')
  const labels = await workers.query(
    `select label from almanac.tasks where identifier in ('heavy', 'burn') order by label`,
  )
  expect(labels).toEqual([{ label: 'Burn' }, { label: 'Heavy' }])
})

test.each([
  ['bad.mjs', isolated('', { memory: 'lots' }), `isolation.memory is a text such as '256 MB'`],
  ['bad.task.json', '[1]', 'bad.task.json is not a JSON object.'],
  ['bad.task.json', '{', 'JSON'],
])('metadata that is wrong in %s fails the runs of its task only: %s', async (name, text, message) => {
  if (name !== 'bad.mjs') await write('bad.mjs', 'export default () => {}')
  await write(name, text)

  const worker = await workers.start({ taskDirectory })

  expect(worker.messages.join('\n')).toMatch(/Task bad could not be loaded from .*bad\.mjs/)
  expect(worker.messages.join('\n')).toContain(message)
  await workers.trigger('bad', 'bad', { max_attempts: 1 })
  expect((await workers.run('bad', 'failed')).error).toContain('Fix its file and restart the worker')
})

let victim: ChildProcess | undefined
afterEach(() => victim?.kill('SIGKILL'))

test.each([
  ['has begun', `await new Promise(() => {})`],
  ['blocks its process', `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`],
])(
  'nothing of a task that %s continues when its worker is killed, and another takes the run',
  async (how, body) => {
    await write(
      'hung.mjs',
      isolated(`
      const { spawn } = await import('node:child_process')
      const child = spawn('sleep', ['600'], { stdio: 'ignore' })
      console.log('pids ' + process.pid + ' ' + child.pid)
      if (helpers.run.attempt > 1) return 'taken over'
      await new Promise((go) => setTimeout(go, 500))
      ${body}`),
    )
    await write(
      'program.sh',
      '#!/bin/sh\ntrap "" TERM HUP\necho pids $$ $$\nwhile :; do sleep 1; done\n',
      0o755,
    )
    await workers.trigger(`hung: ${how}`, 'hung')
    await workers.trigger(`program: ${how}`, 'program', { max_attempts: 1 })
    victim = fork(join(import.meta.dirname, '../testing/victim.ts'), [
      workers.database.connectionStringFor('worker'),
      taskDirectory,
    ])
    const pids = [
      ...(await logged(`hung: ${how}`, 'pids ')).split(' '),
      ...(await logged(`program: ${how}`, 'pids ')).split(' '),
    ]
    expect(pids.every(isRunning)).toBe(true)

    victim.kill('SIGKILL')
    await once(victim, 'exit')

    await until('all its processes have ended', () => Promise.resolve(!pids.some(isRunning)))
    await workers.query(
      `update almanac.workers set last_heartbeat_at = now() - interval '1 minute' where pid = $1`,
      [victim.pid],
    )
    await workers.start({ taskDirectory })
    expect(await workers.run(`hung: ${how}`, 'succeeded', 60_000)).toMatchObject({
      attempt: 2,
      result: 'taken over',
    })
  },
)

const HELD = `console.log('pid ' + process.pid); await new Promise(() => {})`
const inPhase = (phase: string) => ({
  load: phase === 'is loading its file' ? HELD : '',
  task: phase === 'is in its task' ? HELD : '',
})

test.each(['is loading its file', 'is in its task'])(
  'a process of a task that is killed while it %s costs its attempt, and each run ends once',
  async (phase) => {
    const { load, task } = inPhase(phase)
    await write('phase.task.json', '{"isolation": {"memory": "256 MB"}}')
    // Which attempt it is, a file that is being loaded cannot know: its first process leaves a mark.
    await write(
      'phase.mjs',
      `import { existsSync, writeFileSync } from 'node:fs'
       const mark = new URL('mark', import.meta.url)
       const isFirst = !existsSync(mark)
       writeFileSync(mark, '')
       if (isFirst) { ${load} }
       export default async (payload, helpers) => {
         helpers.logger.info('attempt ' + helpers.run.attempt)
         if (isFirst) { ${task} }
         return 'done by ' + helpers.run.attempt
       }`,
    )
    await workers.start({ taskDirectory })
    await workers.trigger(phase, 'phase', { max_attempts: 2, retry_delay: '1 millisecond' })

    const pid = await logged(phase, 'pid ')
    process.kill(Number(pid), 'SIGKILL')

    expect(await workers.run(phase, 'succeeded')).toMatchObject({ attempt: 2, result: 'done by 2' })
    expect(isRunning(pid)).toBe(false)
    expect(
      await workers.query(
        `select a.attempt, a.status, a.error from almanac.runs r join almanac.run_attempts a on a.run_id = r.id
         where r.schedule_name = $1 order by a.attempt`,
        [phase],
      ),
    ).toEqual([
      { attempt: 1, status: 'failed', error: expect.stringContaining('was ended by SIGKILL') as string },
      { attempt: 2, status: 'succeeded', error: null },
    ])
    await until('no job is left', async () => {
      const jobs = await workers.query(
        `select from graphile_worker.jobs where task_identifier = 'almanac-run:phase'`,
      )
      return jobs.length === 0
    })
  },
)
