import { expect, test } from 'vitest'
import { until } from '../testing/until.ts'
import { readIsolation } from './isolation.ts'
import { createPrograms } from './programs.ts'
import { createTaskProcesses } from './taskProcesses.ts'
import { isRunning, useIsolatedRuns } from './testing/isolatedRun.ts'

const runs = useIsolatedRuns()
const programs = createPrograms(null)
const PATIENT = { abort: 60_000, term: 60_000 }

/** Runs a task in a process of its own. */
async function run(
  body: string,
  {
    isolation = true,
    payload = {},
    grace = PATIENT,
    name = 'mjs',
  }: {
    isolation?: unknown
    payload?: unknown
    grace?: { abort: number; term: number }
    name?: string
  } = {},
) {
  const processes = createTaskProcesses({ programs, connectionString: () => undefined, grace })
  return runs.run(processes.task(await runs.file(body, name), readIsolation(isolation)!), payload)
}

const HOLD = 'for (;;);'

test('a task runs in a process of its own, by a file of TypeScript too', async () => {
  const { ended } = await run(
    'const pid: number = process.pid\nreturn { pid, payload, job: helpers.job, run: helpers.run }',
    {
      payload: { name: 'é' },
      name: 'ts',
    },
  )

  const result = (await ended) as { pid: number }
  expect(result).toMatchObject({
    payload: { name: 'é' },
    job: { id: '7', payload: { name: 'é' }, run_at: '2030-01-01T00:00:00.000Z' },
    run: { id: '1', attempt: 3 },
  })
  expect(result.pid).not.toBe(process.pid)
  expect(isRunning(String(result.pid))).toBe(false)
})

test('what it logs, writes and reports arrives in order and whole, before its end', async () => {
  const { ended, lines } = await run(`
    helpers.logger.info('first')
    helpers.logger.scope({ label: 'x' }).warn({ a: 1 })
    helpers.progress(0.5, 'half')
    for (let i = 0; i < 20000; i++) process.stdout.write('line ' + i + '\\n')
    console.error('last of all')`)

  await ended

  const written = lines.flatMap((line) =>
    line
      .replace('info: ', '')
      .split('\n')
      .filter((one) => /^line /.test(one)),
  )
  expect([written.length, written[0], written.at(-1)]).toEqual([20_000, 'line 0', 'line 19999'])
  expect(lines.filter((line) => !/line \d/.test(line))).toEqual([
    'info: first',
    'warning: { a: 1 }',
    'progress: 0.5 half',
    'error: last of all',
  ])
})

test('its helpers add jobs, as many as it likes, by its worker', async () => {
  const { ended, lines } = await run(`
    const jobs = await Promise.all(Array.from({ length: 3000 }, (_, n) => helpers.addJob('other', { n })))
    const refused = await helpers.addJob('refused').catch((error) => error.message)
    return [jobs.length, jobs[0], refused]`)

  expect(await ended).toEqual([3_000, { id: '8' }, 'No such task.'])
  expect(lines[0]).toBe('addJob: ["other",{"n":0}]')
})

test('what it throws arrives with its stack, its code and what caused it', async () => {
  const { ended } = await run(`
    const cause = Object.assign(new TypeError('inner'), { code: 'E1', detail: 'of it' })
    throw new Error('outer', { cause })`)

  const error = await ended.catch((thrown: unknown) => thrown as Error)
  expect(error).toMatchObject({
    name: 'Error',
    message: 'outer',
    cause: { name: 'TypeError', message: 'inner', code: 'E1', detail: 'of it' },
  })
  expect((error as Error).stack).toMatch(/^Error: outer\n +at .*task\d+\.mjs:/)
})

test.each([
  ['text', `throw 'just text'`, 'just text'],
  ['nothing', 'throw undefined', 'Not an Error: undefined'],
  ['what refuses to be read', 'throw new Proxy(new Error("x"), { get() { throw 1 } })', 'Error'],
  ['an aggregate', 'throw new AggregateError([new Error("one")], "many")', 'many'],
  ['a long message', 'throw new Error("x".repeat(10_000_000))', 'xxx'],
])('it may throw anything: %s', async (_, body, message) => {
  const { ended } = await run(body)

  expect(((await ended.catch((thrown: unknown) => thrown)) as Error).message).toContain(message)
})

test('a result that is too long is left out, and says so', async () => {
  const { ended } = await run(`return 'x'.repeat(100_000_000)`)

  expect(await ended).toMatchObject({
    omitted: expect.stringContaining('The result has 100000002 characters') as string,
  })
})

test.each([
  ['process.exit(0)', "The task's process exited with code 0 before the task had ended."],
  [
    'console.error("no disk"); process.exit(3)',
    "The task's process exited with code 3 before the task had ended: no disk",
  ],
  [
    'process.kill(process.pid, "SIGSEGV"); await new Promise(() => {})',
    "The task's process was ended by SIGSEGV before the task had ended.",
  ],
  ['process.abort()', "The task's process was ended by SIGABRT before the task had ended"],
  [
    'process.kill(process.pid, "SIGKILL"); await new Promise(() => {})',
    "The task's process was ended by SIGKILL: by someone, or by the kernel",
  ],
  ['setImmediate(() => { throw new Error("lost") }); await new Promise(() => {})', 'An uncaught error: lost'],
  ['void Promise.reject(new Error("lost")); await new Promise(() => {})', 'An unhandled rejection: lost'],
  [
    '(await import("node:fs")).writeSync(4, "{}\\n"); await new Promise(() => {})',
    'wrote something to its worker that is not a message',
  ],
  [
    '(await import("node:fs")).writeSync(4, "x".repeat(9_000_000)); await new Promise(() => {})',
    'sent a message of more than 8000000 bytes',
  ],
])('a process that ends in the middle fails the attempt: %s', async (body, message) => {
  const { ended } = await run(body)

  await expect(ended).rejects.toThrow(message)
})

test('one that cannot be loaded says why', async () => {
  const { ended } = await run('return (')

  await expect(ended).rejects.toThrow('Unexpected token')
})

test('one that uses more memory than it may is ended, in its heap and out of it', async () => {
  const heap = await run('const all = []; for (;;) all.push(Array(1000).fill(Math.random()))', {
    isolation: { memory: '100 MB' },
  })
  const buffers = await run(
    'const all = []; for (;;) { all.push(Buffer.alloc(1e6, 1)); await new Promise((go) => setTimeout(go, 1)) }',
    { isolation: { memory: '100 MB' } },
  )

  await expect(heap.ended).rejects.toThrow(
    /^The task used more than 100 MB of memory, its limit, and was ended\.$/,
  )
  await expect(buffers.ended).rejects.toThrow(
    /^The task used more than 100 MB of memory, its limit, and was ended\.$/,
  )
})

test('one that holds the CPU is ended at its limit, with what it has started', async () => {
  const { ended, said } = await run(
    `const { spawn } = await import('node:child_process')
     console.log('child ' + spawn('sh', ['-c', "trap '' TERM; while :; do :; done"], { stdio: 'ignore' }).pid)
     process.on('SIGTERM', () => {}); ${HOLD}`,
    { isolation: { cpu: '1 second' } },
  )

  await expect(ended).rejects.toThrow(/^The task used more than 1 s of CPU time, its limit, and was ended\.$/)
  const child = await said('info: child ')
  await until('its child has ended', () => Promise.resolve(!isRunning(child)))
})

test('one that is to stop hears of it, and may still end well', async () => {
  const { ended, abort, said } = await run(`
    console.log('ready')
    await new Promise((resolve) => helpers.abortSignal.addEventListener('abort', resolve))
    await helpers.abortPromise.catch((error) => helpers.logger.info('because: ' + error.message))
    return helpers.abortSignal.reason.message`)
  await said('info: ready')

  abort('Timed out after 5 s.')

  expect(await ended).toBe('Timed out after 5 s.')
  expect(await said('info: because: ')).toBe('Timed out after 5 s.')
})

test.each([
  ['that takes no notice, by SIGTERM', 'await new Promise(() => {})', 'SIGTERM'],
  ['that holds the CPU, by SIGTERM', HOLD, 'SIGTERM'],
  ['that ignores its signals, by SIGKILL', `process.on('SIGTERM', () => {}); ${HOLD}`, 'SIGKILL'],
])('one %s is ended there', async (_, body, signal) => {
  const { ended, abort, said } = await run(`console.log('pid ' + process.pid); ${body}`, {
    grace: { abort: 50, term: 50 },
  })
  const pid = await said('info: pid ')

  abort()

  await expect(ended).rejects.toThrow(`was ended by ${signal}`)
  expect(isRunning(pid)).toBe(false)
})

test('it gets what every program needs, and the variables that it names, but no other', async () => {
  process.env['ALMANAC_TEST_GIVEN'] = 'given'
  process.env['ALMANAC_TEST_OTHER'] = 'other'
  process.env['DATABASE_URL'] ??= 'postgres://localhost/x'

  const { ended } = await run('return { ...process.env }', { isolation: { env: ['ALMANAC_TEST_GIVEN'] } })

  const environment = (await ended) as Record<string, string>
  expect(environment['ALMANAC_TEST_GIVEN']).toBe('given')
  expect(environment['PATH']).toBe(process.env['PATH'])
  expect(Object.keys(environment).filter((name) => /^(ALMANAC|DATABASE|PG|VITEST)/.test(name))).toEqual([
    'ALMANAC_TEST_GIVEN',
  ])
})

test('without a limit on them each attempt has a new process', async () => {
  const processes = createTaskProcesses({ programs, connectionString: () => undefined })
  const task = processes.task(await runs.file('return process.pid'), readIsolation(true)!)

  const pids = [await runs.run(task).ended, await runs.run(task).ended]

  expect(new Set(pids).size).toBe(2)
  expect(pids.map(String).map(isRunning)).toEqual([false, false])
})

test('a process serves as many attempts as the task allows, one at a time, and none after a failure', async () => {
  const processes = createTaskProcesses({ programs, connectionString: () => undefined })
  const task = processes.task(
    await runs.file(`
      console.log('attempt ' + payload)
      if (payload === 'fails') throw new Error('failed')
      if (payload === 'waits') await new Promise(() => {})
      return process.pid`),
    readIsolation({ runs: 3 })!,
  )
  const attempt = async (payload: string) => {
    const { ended, lines } = runs.run(task, payload)
    const pid = await ended
    expect(lines).toEqual([`info: attempt ${payload}`])
    return pid
  }

  const pids = [await attempt('a'), await attempt('b'), await attempt('c'), await attempt('d')]
  const waiting = runs.run(task, 'waits')
  await waiting.said('info: attempt waits')
  const besides = await attempt('e')
  await expect(runs.run(task, 'fails').ended).rejects.toThrow('failed')
  const after = await attempt('f')

  expect(new Set(pids.slice(0, 3)).size).toBe(1)
  expect(pids).not.toContain(besides)
  expect(pids[3]).not.toBe(pids[2])
  expect(besides).not.toBe(after)

  waiting.abort()
  processes.endIdle()
  await until('no process waits', () => Promise.resolve(!isRunning(String(after))))
  await expect(waiting.ended).rejects.toThrow('was ended by SIGTERM')
})

test('a process that ends while it waits is not given another attempt', async () => {
  const processes = createTaskProcesses({ programs, connectionString: () => undefined })
  const task = processes.task(await runs.file('return process.pid'), readIsolation({ runs: 9 })!)
  const first = String(await runs.run(task).ended)

  process.kill(Number(first), 'SIGKILL')
  await until('it has ended', () => Promise.resolve(!isRunning(first)))

  expect(String(await runs.run(task).ended)).not.toBe(first)
  processes.endIdle()
})
