import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunHelpers } from '../run.ts'
import { readHttpSettings } from '../tasks/http/settings.ts'
import { createGate } from '../testing/gate.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

interface Line extends Record<string, unknown> {
  readonly attempt: number
  readonly line: number
  readonly level: string
  readonly message: string
}

const logOf = (schedule: string) =>
  workers.query<Line>(
    `select l.attempt, l.line, l.level, l.message from almanac.runs r, almanac.run_log(r.id, 0, 5000) l
     where r.schedule_name = $1 order by l.id`,
    [schedule],
  )

const texts = async (schedule: string) => (await logOf(schedule)).map(({ message }) => message)

test('what a task logs is kept with its run, with level, attempt and number, and goes to the worker’s own log as before', async () => {
  const worker = await workers.start({
    tasks: {
      talks(_payload, { logger, run }) {
        logger.info(`hello ${run.attempt}`)
        logger.scope({ label: 'part' }).debug('with a scope')
        logger.warn('careful')
        logger.error('two\nlines')
        if (run.attempt === 1) throw new Error('again')
      },
    },
  })
  await workers.trigger('talks', 'talks', { retry_delay: '1 millisecond' })
  await workers.run('talks', 'succeeded')

  const attempt = (nth: number) => [
    { attempt: nth, line: 1, level: 'info', message: `hello ${nth}` },
    { attempt: nth, line: 2, level: 'debug', message: 'with a scope' },
    { attempt: nth, line: 3, level: 'warning', message: 'careful' },
    { attempt: nth, line: 4, level: 'error', message: 'two' },
    { attempt: nth, line: 5, level: 'error', message: 'lines' },
  ]
  expect(await logOf('talks')).toEqual([...attempt(1), ...attempt(2)])
  expect(worker.messages.join('\n')).toMatch(/^info: .*hello 1$/m)
})

test('what a running task logs can be read meanwhile, and clients are told', async () => {
  const gate = createGate()
  const listener = await workers.database.connect()
  const told: string[] = []
  listener.on('notification', ({ payload = '' }) => told.push(payload))
  await listener.query('listen almanac_logs')
  await workers.start({
    tasks: {
      live(payload, helpers) {
        helpers.logger.info('begun')
        return gate.task(payload, helpers)
      },
    },
  })
  await workers.trigger('live', 'live')
  await gate.entered()

  const { id } = await workers.run('live', 'running')
  await until('the line is there', async () => (await texts('live')).length === 1)
  await until('clients are told', () => Promise.resolve(told.length > 0))
  expect(told.map((payload) => JSON.parse(payload) as unknown)).toEqual([{ op: 'update', ids: [id] }])

  gate.open()
  await workers.run('live', 'succeeded')
  await listener.end()
})

test('what is logged after the end of an attempt is left out', async () => {
  let late: RunHelpers | undefined
  await workers.start({
    tasks: {
      left(_payload, helpers: RunHelpers) {
        helpers.logger.info('in time')
        late = helpers
      },
    },
  })
  await workers.trigger('left', 'left')
  await workers.run('left', 'succeeded')

  late?.logger.info('too late')
  late?.progress(1)

  expect(await texts('left')).toEqual(['in time'])
})

test('a flood is bounded: the beginning and the end are kept, and how much is cut is said', async () => {
  await workers.start({
    tasks: {
      flood(_payload, { logger }) {
        for (let line = 1; line <= 50_000; line++) logger.debug(`line ${line}`)
      },
    },
  })
  await workers.trigger('flood', 'flood')
  await workers.run('flood', 'succeeded')

  const rows: { id: string; line: number; message: string | null; cut: number | null }[] = []
  for (let more = true; more;) {
    const page = await workers.query<(typeof rows)[number]>(
      `select l.id, l.line, l.message, l.cut_lines as cut from almanac.runs r, almanac.run_log(r.id, $1, 5000) l
       where r.schedule_name = 'flood' order by l.id`,
      [rows.at(-1)?.id ?? '0'],
    )
    rows.push(...page)
    more = page.length > 0
  }
  const cut = rows.filter((row) => row.cut !== null)

  expect(cut).toHaveLength(1)
  expect(rows[0]).toMatchObject({ line: 1, message: 'line 1' })
  expect(rows.at(-1)).toMatchObject({ line: 50_000, message: 'line 50000' })
  expect(rows.length - 1 + cut[0]!.cut!).toBe(50_000)
  expect(rows.length).toBeLessThanOrEqual(10_001)
})

test('the worker’s own log has the beginning of a flood, from all scopes and after the end too, and says so once', async () => {
  let late: RunHelpers | undefined
  const worker = await workers.start({
    tasks: {
      short(_payload, { logger }) {
        logger.info('of another run')
      },
      lines(_payload, helpers: RunHelpers) {
        late = helpers
        for (let line = 1; line <= 12_000; line++) {
          const { logger } = helpers
          if (line % 2) logger.info(`flood ${line}`)
          else logger.scope({ label: 'part' }).error(`flood ${line}`)
        }
      },
      text(_payload, { logger }) {
        for (let line = 1; line <= 3; line++) logger.info(`text ${line} ${'x'.repeat(600_000)}`)
      },
    },
  })
  for (const task of ['lines', 'text']) {
    await workers.trigger(task, task)
    await workers.run(task, 'succeeded')
  }
  late?.logger.info('flood late')
  await workers.trigger('short', 'short')
  await workers.run('short', 'succeeded')

  const having = (pattern: RegExp) => worker.messages.filter((message) => pattern.test(message))
  expect(having(/flood \d/)).toHaveLength(10_000)
  expect(having(/flood 10000$/)).toHaveLength(1)
  expect(having(/flood late/)).toEqual([])
  expect(having(/text \d/)).toHaveLength(2)
  expect(having(/logs too much for the worker’s own log/)).toHaveLength(2)
  expect(having(/of another run/)).toHaveLength(1)
  expect(
    (await workers.query(`select from almanac.run_logs where cut_because = 'bound'`)).length,
  ).toBeGreaterThan(0)
})

test('secrets of the worker are neither in the log nor in what is said of progress', async () => {
  const gate = createGate()
  await workers.start({
    http: readHttpSettings({
      ALMANAC_SECRET_TOKEN: 'not for everyone',
      ALMANAC_SECRET_TOKEN_HOSTS: 'example.com',
    }),
    tasks: {
      leaky(payload, helpers) {
        helpers.logger.info('I have not for everyone')
        helpers.progress(0.5, 'with not for everyone')
        return gate.task(payload, helpers)
      },
    },
  })
  await workers.trigger('leaky', 'leaky')
  await gate.entered()
  gate.open()
  await workers.run('leaky', 'succeeded')

  expect(await texts('leaky')).toEqual(['I have {{secret:TOKEN}}'])
  expect(await workers.query(`select progress_note from almanac.runs where schedule_name = 'leaky'`)).toEqual(
    [{ progress_note: 'with {{secret:TOKEN}}' }],
  )
})

test('a log that cannot be written fails and delays no run, and is written when it can be', async () => {
  const locker = await workers.database.connect()
  await workers.start({ tasks: { talks: (_payload, { logger }) => logger.info('kept') } })
  await locker.query('begin; lock table almanac.run_logs in share mode')
  await workers.trigger('locked', 'talks')

  await workers.run('locked', 'succeeded')
  expect(await texts('locked')).toEqual([])

  await locker.query('rollback')
  await until('it is written', async () => (await texts('locked')).length === 1)
  await locker.end()
})

test('what an executable writes is its log', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'almanac-executable-'))
  const script =
    '#!/bin/sh\ncat >/dev/null\necho "to the output"\nprintf "and\\nmore\\n"\necho "to the error" >&2\n'
  await writeFile(join(folder, 'shell.sh'), script)
  await chmod(join(folder, 'shell.sh'), 0o755)
  await workers.start({ taskDirectory: folder })

  await workers.trigger('executable', 'shell')
  await workers.run('executable', 'succeeded')

  const lines = await logOf('executable')
  expect(lines.filter(({ level }) => level === 'info').map(({ message }) => message)).toEqual([
    'to the output',
    'and',
    'more',
  ])
  expect(lines.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
    'to the error',
  ])
  await rm(folder, { recursive: true })
})

test('progress is noted while a run is running, the latest of it, and starts again with each attempt', async () => {
  const gate = createGate()
  await workers.start({
    tasks: {
      slow(payload, helpers) {
        if (helpers.run.attempt === 1) helpers.progress(0.4, 'rows 400 of 1000')
        return gate.task(payload, helpers)
      },
    },
  })
  await workers.trigger('slow', 'slow', { retry_delay: '1 millisecond' })
  await gate.entered()
  const state = async () =>
    (
      await workers.query<{ attempt: number; progress: number | null; progress_note: string | null }>(
        `select attempt, progress, progress_note from almanac.runs where schedule_name = 'slow'`,
      )
    )[0]

  await until('it is noted', async () => (await state())?.progress !== null)
  expect(await state()).toEqual({ attempt: 1, progress: 0.4, progress_note: 'rows 400 of 1000' })
  gate.open(new Error('again'))
  await gate.entered()

  expect(await state()).toEqual({ attempt: 2, progress: null, progress_note: null })
  gate.open()
  await workers.run('slow', 'succeeded')
})

test.each([
  ['more than all', 7, 1],
  ['less than nothing', -1, 0],
])('progress of %s is taken for it', async (name, fraction, kept) => {
  await workers.start({ tasks: { far: (_payload, { progress }) => progress(fraction) } })
  await workers.trigger(name, 'far')
  await workers.run(name, 'succeeded')

  expect(await workers.query(`select progress from almanac.runs where schedule_name = $1`, [name])).toEqual([
    { progress: kept },
  ])
})

test('progress that is not a number fails no run, and its log says so', async () => {
  await workers.start({ tasks: { far: (_payload, { progress }) => progress(0 / 0) } })
  await workers.trigger('nan', 'far')
  await workers.run('nan', 'succeeded')

  expect(await texts('nan')).toEqual(['progress() takes a number from 0 to 1, and was given NaN.'])
})

test('no line of an attempt that has ended is lost with its worker', async () => {
  const victim = fork(join(import.meta.dirname, '../testing/victim.ts'), [
    workers.database.connectionStringFor('worker'),
  ])
  // Each attempt logs twice, and ends; the worker is killed when it has called some of them.
  await workers.insert({ name: 'chatty', kind: 'manual', task_identifier: 'chatty', overlap_policy: 'allow' })
  await workers.query(`select almanac.trigger_now('chatty') from generate_series(1, 60)`)
  for (let called = 0; called < 20;) {
    const [message] = (await once(victim, 'message')) as [string]
    if (message === 'called') called++
  }

  victim.kill('SIGKILL')
  await once(victim, 'exit')

  const ended = await workers.query<{ ended: number; whole: number }>(
    `select count(*)::int as ended, count(*) filter (where (
       select array_agg(l.message) = array['first of ' || r.id, 'last of ' || r.id] from almanac.run_log(r.id) l))::int as whole
     from almanac.runs r where r.schedule_name = 'chatty' and r.status = 'succeeded'`,
  )
  expect(ended[0]!.ended).toBeGreaterThan(0)
  expect(ended[0]!.whole).toBe(ended[0]!.ended)
  await workers.query(
    `update almanac.workers set last_heartbeat_at = now() - interval '1 minute' where pid = $1`,
    [victim.pid],
  )
  await workers.start({ tasks: { chatty: () => undefined } })
  await until('all have ended', async () => {
    const unfinished = await workers.query(
      `select from almanac.runs where schedule_name = 'chatty' and finished_at is null`,
    )
    return unfinished.length === 0
  })
})
