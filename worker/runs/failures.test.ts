import { expect, test } from 'vitest'
import type { RunHelpers } from '../run.ts'
import { HOSTILE } from '../testing/hostileErrors.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

test('whatever a task throws, its run ends and says it, and others go on', async () => {
  const tasks = Object.fromEntries(
    HOSTILE.map(([, make], index) => [
      `hostile${index}`,
      () => {
        throw make()
      },
    ]),
  )
  const worker = await workers.start({ tasks: { ...tasks, quick: () => 'done' } })

  for (const name of Object.keys(tasks)) await workers.trigger(name, name, { max_attempts: 1 })

  for (const [index, [, , said]] of HOSTILE.entries())
    expect((await workers.run(`hostile${index}`, 'failed')).error).toContain(said)
  await workers.trigger('after', 'quick')
  await workers.run('after', 'succeeded')
  expect(worker.messages.join('\n')).not.toContain("The worker's pool ended")
})

test('whatever a task returns, its run ends: well, unless awaiting it fails', async () => {
  const deep: unknown[] = []
  let inner = deep
  for (let depth = 0; depth < 20_000; depth++) inner.push((inner = []))
  await workers.start({
    tasks: {
      refuses: () => Object.defineProperty({}, 'rows', { enumerable: true, get: () => HOSTILE.at(-1)![1]() }),
      deep: () => deep,
      thenable: () => ({
        then: () => {
          throw Object.create(null)
        },
      }),
    },
  })

  for (const name of ['refuses', 'deep', 'thenable']) await workers.trigger(name, name, { max_attempts: 1 })

  for (const name of ['refuses', 'deep'])
    expect((await workers.run(name, 'succeeded')).result).toHaveProperty('omitted')
  expect((await workers.run('thenable', 'failed')).error).toBeTruthy()
})

/** What a host's monitoring hears of jobs. */
async function monitored(tasks: Record<string, (payload: never, helpers: RunHelpers) => unknown>) {
  const heard: [string, number, number, string?][] = []
  const worker = await workers.host(tasks, {
    monitor(events) {
      events.on('job:success', ({ job }) => heard.push(['success', job.attempts, job.max_attempts]))
      events.on('job:error', ({ job, error }) =>
        heard.push(['error', job.attempts, job.max_attempts, (error as Error).message]),
      )
      events.on('job:failed', ({ job }) => heard.push(['failed', job.attempts, job.max_attempts]))
    },
  })
  return { heard, worker }
}

test("each failed attempt is an error to the host's monitoring, the last one a failure", async () => {
  let calls = 0
  const { heard, worker } = await monitored({
    flaky: () => {
      throw new Error(`no ${++calls}`)
    },
  })

  await workers.trigger('flaky', 'flaky', { retry_delay: '0', max_attempts: 2 })
  await workers.run('flaky', 'failed')

  await until('all is heard', () => Promise.resolve(heard.length === 3))
  expect(heard).toEqual([
    ['error', 1, 2, 'no 1'],
    ['error', 2, 2, 'no 2'],
    ['failed', 2, 2],
  ])
  const log = worker.messages.join('\n')
  expect(log).toMatch(/error: .*Failed task .* attempt 2 of 2\) with error 'no 2'/)
  expect(log).not.toContain('with success')
})

test("a run that succeeds at its second attempt says so to the host's monitoring", async () => {
  let calls = 0
  const { heard } = await monitored({
    flaky: () => {
      if (++calls === 1) throw new Error('no')
    },
  })

  await workers.trigger('flaky', 'flaky', { retry_delay: '0', max_attempts: 3 })
  await workers.run('flaky', 'succeeded')

  await until('all is heard', () => Promise.resolve(heard.length === 2))
  expect(heard).toEqual([
    ['error', 1, 3, 'no'],
    ['success', 2, 3],
  ])
})

test('a task sees which attempt it is', async () => {
  const seen: unknown[] = []
  await workers.start({
    tasks: {
      look: (_payload, { job, run }) => {
        seen.push([job.attempts, job.max_attempts, run.attempt])
        if (seen.length < 2) throw new Error('again')
      },
    },
  })

  await workers.trigger('look', 'look', { retry_delay: '0', max_attempts: 5 })
  await workers.run('look', 'succeeded')

  expect(seen).toEqual([
    [1, 5, 1],
    [2, 5, 2],
  ])
})

test('a run that is cut short is no success to monitoring', async () => {
  const { heard } = await monitored({
    slow: (_payload, { abortPromise }) => abortPromise,
  })

  await workers.trigger('slow', 'slow', { timeout: '10 milliseconds', max_attempts: 1 })
  await workers.run('slow', 'timed_out')

  await until('all is heard', () => Promise.resolve(heard.length === 2))
  expect(heard.map(([event]) => event)).toEqual(['error', 'failed'])
})

test('failed attempts leave no jobs', async () => {
  await workers.start({
    tasks: {
      broken() {
        throw new Error('no')
      },
    },
  })

  await workers.trigger('broken', 'broken', { retry_delay: '0', max_attempts: 3 })
  await workers.run('broken', 'failed')

  await until(
    'no job is left',
    async () => (await workers.query('select from graphile_worker.jobs')).length === 0,
  )
})
