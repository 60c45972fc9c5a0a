import { expect, test } from 'vitest'
import { until } from '../../worker/testing/until.ts'
import { usePoisonWorkers } from './poisonWorkers.ts'

const workers = usePoisonWorkers()

async function attempts(schedule: string): Promise<string[]> {
  const rows = await workers.query<{ status: string }>(
    `select a.status from almanac.run_attempts a join almanac.runs r on r.id = a.run_id where r.schedule_name = $1 order by a.attempt`,
    [schedule],
  )
  return rows.map(({ status }) => status)
}

test.each([
  ['rejects', 'An unhandled rejection: poison'],
  ['throwsInTimer', 'An uncaught error: poison'],
  ['emits', 'An uncaught error: poison'],
  ['exits', 'The task called process.exit(0), which would end all runs of its worker.'],
  ['exitsByName', 'The task called process.exit(7), which would end all runs of its worker.'],
  ['aborts', 'The task called process.abort(), which would end all runs of its worker.'],
  [
    'killsItself',
    "The task called process.kill(process.pid, 'SIGKILL'), which would end all runs of its worker.",
  ],
])('a task that %s fails alone, and its worker continues', async (task, error) => {
  const worker = await workers.startProcess('almanac worker')
  await workers.trigger(`next to ${task}`, 'waits', { max_attempts: 1 })
  await workers.run(`next to ${task}`, 'running')

  await workers.trigger(task, task, { max_attempts: 1 })

  expect((await workers.run(task, 'failed')).error).toContain(error)
  await workers.openGate()
  expect(await workers.run(`next to ${task}`, 'succeeded')).toMatchObject({ attempt: 1 })
  worker.process.kill('SIGTERM')
  expect(await worker.ended).toMatchObject({ code: 0, signal: null })
})

test.each([
  ['exits', 'The task called process.exit(0), which ended its worker.', { code: 1 }],
  ['exitsByName', 'The task called process.exit(7), which ended its worker.', { code: 7 }],
  ['aborts', 'The task called process.abort(), which ended its worker.', { signal: 'SIGABRT' }],
  [
    'killsItself',
    "The task called process.kill(process.pid, 'SIGKILL'), which ended its worker.",
    { signal: 'SIGKILL' },
  ],
  ['rejects', 'An unhandled rejection: poison', { code: 1 }],
])(
  "where a task that %s ends a host's process, it alone fails, at once, and is named",
  async (task, error, end) => {
    const host = await workers.startProcess('host')
    await workers.trigger(`next to ${task} of a host`, 'waits', { max_attempts: 2 })
    await workers.run(`next to ${task} of a host`, 'running')

    await workers.trigger(`${task} of a host`, task, { max_attempts: 1 })

    expect(await host.ended).toMatchObject(end)
    const run = await workers.run(`${task} of a host`, 'failed')
    expect(run.error).toContain(error)
    expect(await workers.query('select culprit_run_id, end_reason from almanac.workers')).toEqual([
      { culprit_run_id: run.id, end_reason: expect.stringContaining(error) as string },
    ])
    await workers.run(`next to ${task} of a host`, 'retrying')
    expect(await attempts(`next to ${task} of a host`)).toEqual(['cancelled'])
  },
)

test('an error that is of no run lets the worker leave in order, with a code that says so', async () => {
  const worker = await workers.startProcess('almanac worker')
  await workers.trigger('handed back', 'waits', { max_attempts: 2 })
  await workers.run('handed back', 'running')

  worker.process.kill('SIGUSR2')

  const { code, output } = await worker.ended
  expect(code).toBe(1)
  expect(output).toContain('poison of no run')
  await workers.run('handed back', 'retrying')
  expect(await attempts('handed back')).toEqual(['cancelled'])
  expect(await workers.query('select status from almanac.workers')).toEqual([{ status: 'stopped' }])
})

test('a task that never gives way is found out: its worker is killed, it alone fails, the others go on elsewhere', async () => {
  const worker = await workers.startProcess('almanac worker', { ALMANAC_BUSY_LIMIT: '2' })
  await workers.trigger('next to the hog', 'waits', { max_attempts: 2 })
  await workers.run('next to the hog', 'running')
  await workers.trigger('hog', 'hogs', { max_attempts: 1 })

  const { signal, output } = await worker.ended
  await workers.startProcess('almanac worker')
  await workers.openGate()

  expect(signal).toBe('SIGKILL')
  const { id, error } = await workers.run('hog', 'failed')
  expect(error).toMatch(
    /^The task hogs of run \d+ held the CPU of the worker for \d+ s without a pause, at hogs \(.*hogs\.ts:3\)/,
  )
  expect(output).toContain(error)
  expect(await workers.run('next to the hog', 'succeeded')).toMatchObject({ attempt: 2 })
  expect(await workers.query(`select culprit_run_id from almanac.workers where status = 'lost'`)).toEqual([
    { culprit_run_id: id },
  ])
})

test('a task that kills its worker without a word fails at the third, and what ran next to it does not', async () => {
  const names = ['killer', 'next to the killer']
  const losses = () =>
    workers.query<{ lost: number }>(
      'select lost_attempts as lost from almanac.runs where schedule_name = any ($1) order by id',
      [names],
    )
  const worker = await workers.startProcess('almanac worker')
  await workers.trigger('next to the killer', 'waits', { max_attempts: 2 })
  await workers.run('next to the killer', 'running')
  await workers.trigger('killer', 'kills', { max_attempts: 2 })
  await lose(await worker.ended, worker.process.pid)

  const second = await workers.startProcess('almanac worker')
  await lose(await second.ended, second.process.pid)
  await until('both were lost twice', async () => (await losses()).every(({ lost }) => lost === 2))
  await workers.openGate()
  const third = await workers.startProcess('almanac worker')
  await lose(await third.ended, third.process.pid)

  expect((await workers.run('killer', 'failed')).error).toContain(
    'This is the third worker lost while running it',
  )
  await workers.startProcess('almanac worker')
  await workers.run('next to the killer', 'succeeded')
})

test.each([
  ['kills', { signal: 'SIGKILL' }],
  ['devours', { signal: 'SIGABRT' }],
])(
  'of a worker whose task %s without a word it is told what it ran, and that no more is known',
  async (task, end) => {
    const worker = await workers.startProcess('almanac worker', { NODE_OPTIONS: '--max-old-space-size=150' })
    await workers.trigger(`${task} alone`, task, { max_attempts: 1 })
    expect(await worker.ended).toMatchObject(end)
    await workers.query(`select almanac_private.reap_workers(lost_after => '-1 second')`)

    const { id } = await workers.run(`${task} alone`, 'failed')

    expect(await workers.query('select culprit_run_id, end_reason from almanac.workers')).toEqual([
      {
        culprit_run_id: null,
        end_reason: expect.stringMatching(
          `The cause is unknown: it ran out of memory, crashed or was killed, or its machine failed\\. It was running ${id} \\(${task}\\)\\.$`,
        ) as string,
      },
    ])
  },
)

test('a run with max_attempts 1 is not tried again when its worker is killed, and says so', async () => {
  const worker = await workers.startProcess('almanac worker')
  await workers.trigger('once at most', 'kills', { max_attempts: 1 })
  await lose(await worker.ended, worker.process.pid)

  const { error, attempt } = await workers.run('once at most', 'failed')

  expect(attempt).toBe(1)
  expect(error).toMatch(/^The worker was lost\b.*\nmax_attempts is 1, so it is not tried again/)
  expect(await attempts('once at most')).toEqual(['failed'])
})

test('no task is available when the only worker was killed, though nothing is left to say so', async () => {
  const available = () => workers.query('select identifier from almanac.tasks where available order by 1')
  const worker = await workers.startProcess('almanac worker')
  expect(await available()).toContainEqual({ identifier: 'waits' })
  expect(await available()).toContainEqual({ identifier: 'almanac:noop' })

  worker.process.kill('SIGKILL')
  await worker.ended
  // Instead of waiting for 15 s.
  await workers.query(
    `update almanac.workers set last_heartbeat_at = last_heartbeat_at - interval '15 seconds'`,
  )

  expect(await available()).toEqual([])
})

/** Has what a killed worker held be taken over now instead of after 15 s. */
async function lose({ signal }: { signal: string | null }, pid: number | undefined): Promise<void> {
  expect(signal).toBe('SIGKILL')
  await workers.query(
    `select almanac_private.reap_workers(lost_after => '-1 second') from almanac.workers where pid = $1`,
    [pid],
  )
}
