import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClientBase } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

let folder: string
let holder: ClientBase & { end(): Promise<void> }
let victim: ChildProcess | undefined
/** Of the test's schedule. */
let name: string
let tests = 0

/** Says that it has begun, waits for leave to end, says that it ends: by files, as in a process of its own it can. */
const TASK = `
  import { existsSync, writeFileSync } from 'node:fs'
  import { setTimeout } from 'node:timers/promises'
  const file = (name) => new URL(name, import.meta.url)
  export default async (payload, helpers) => {
    const { attempt } = helpers.run
    writeFileSync(file('begun ' + attempt), '')
    while (attempt === 1 && !existsSync(file('may end'))) await setTimeout(5)
    helpers.logger.info('end of attempt ' + attempt)
    writeFileSync(file('ends ' + attempt), '')
    return 'done by ' + attempt
  }`

beforeEach(async () => {
  name = `schedule ${++tests}`
  folder = await mkdtemp(join(tmpdir(), 'almanac-phases-'))
  await writeFile(join(folder, 'inside.mjs'), TASK)
  await writeFile(join(folder, 'apart.mjs'), TASK)
  await writeFile(join(folder, 'apart.task.json'), '{"isolation": true}')
  holder = await workers.database.connect('owner')
})
afterEach(async () => {
  victim?.kill('SIGKILL')
  await holder.end()
  await rm(folder, { recursive: true })
})

const has = (file: string) => until(`there is ${file}`, () => Promise.resolve(existsSync(join(folder, file))))
const allow = (file: string) => writeFile(join(folder, file), '')

function start(): void {
  victim = fork(join(import.meta.dirname, '../testing/victim.ts'), [
    workers.database.connectionStringFor('worker'),
    folder,
  ])
}

/** Holds what matches, so that who would change it waits or passes it over, until it is let go. */
async function hold(statement: string): Promise<void> {
  await holder.query('begin')
  const { rowCount } = await holder.query(statement, [name])
  expect(rowCount).toBe(1)
}
const HOLD_RUN = `select from almanac.runs where schedule_name = $1 for update`
const HOLD_JOB = `select from graphile_worker._private_jobs j join almanac.runs r on j.key = 'run:' || r.id
  where r.schedule_name = $1 for update of j`

/** With its connections, whose statements would go on as far as what is held. */
async function kill(): Promise<void> {
  victim!.kill('SIGKILL')
  await once(victim!, 'exit')
  const observer = await workers.database.connect('worker')
  await until('its connections have ended', async () => {
    const { rowCount } = await observer.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and usename = current_user and pid <> pg_backend_pid()`,
    )
    return rowCount === 0
  })
  await observer.end()
  await workers.query(
    `update almanac.workers set last_heartbeat_at = now() - interval '1 minute' where pid = $1`,
    [victim!.pid],
  )
}

const ONE_ATTEMPT = [{ attempt: 1, status: 'succeeded' }]
/** What is lost with its worker fails, and costs the run no attempt. */
const TWO_ATTEMPTS = [
  { attempt: 1, status: 'failed' },
  { attempt: 2, status: 'succeeded' },
]

const PHASES: Readonly<Record<string, { reach: () => Promise<void>; attempts: number }>> = {
  'its job is locked, and its beginning is not recorded': {
    async reach() {
      await hold(HOLD_RUN)
      start()
      await until('its job is locked', async () => {
        const jobs = await workers.query(
          `select from graphile_worker.jobs where key like 'run:%' and locked_by is not null`,
        )
        return jobs.length === 1
      })
    },
    attempts: 1,
  },
  'it is in its task': {
    async reach() {
      start()
      await has('begun 1')
    },
    attempts: 2,
  },
  'it has ended, and its end is not recorded': {
    async reach() {
      start()
      await has('begun 1')
      await hold(HOLD_RUN)
      await allow('may end')
      await has('ends 1')
    },
    attempts: 2,
  },
  'its end is recorded, and its job is not completed': {
    async reach() {
      start()
      await has('begun 1')
      await hold(HOLD_JOB)
      await allow('may end')
      await workers.run(name, 'succeeded')
    },
    attempts: 1,
  },
}

test.each(
  Object.entries(PHASES).flatMap(([phase, { reach, attempts }]) =>
    ['inside', 'apart'].map((task) => ({ phase, task, reach, attempts })),
  ),
)(
  'a run of the task $task whose worker is killed when $phase ends once',
  async ({ task, reach, attempts }) => {
    await workers.trigger(name, task)
    await reach()

    await kill()
    await holder.query('rollback')
    await allow('may end')
    await workers.start({ taskDirectory: folder })

    expect(await workers.run(name, 'succeeded')).toMatchObject({
      attempt: attempts,
      result: `done by ${attempts}`,
    })
    expect(
      await workers.query(
        `select a.attempt, a.status from almanac.runs r join almanac.run_attempts a on a.run_id = r.id
         where r.schedule_name = $1 order by a.attempt`,
        [name],
      ),
    ).toEqual(attempts === 1 ? ONE_ATTEMPT : TWO_ATTEMPTS)
    expect(
      await workers.query(
        `select l.message from almanac.runs r cross join almanac.run_log(r.id) l
         where r.schedule_name = $1 and l.message like 'end of %' order by l.message desc limit 1`,
        [name],
      ),
    ).toEqual([{ message: `end of attempt ${attempts}` }])
    await until('no job is left', async () => {
      const jobs = await workers.query(`select from graphile_worker.jobs where key like 'run:%'`)
      return jobs.length === 0
    })
  },
)
