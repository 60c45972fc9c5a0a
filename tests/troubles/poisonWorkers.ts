import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach } from 'vitest'
import { useTestWorkers, type TestWorkers } from '../../worker/testing/testWorkers.ts'
import { until } from '../../worker/testing/until.ts'

/** A worker in a process of its own, with the tasks of `poison/`. */
interface PoisonedWorker {
  readonly process: ChildProcess
  /** How it ended, and what it wrote. */
  readonly ended: Promise<{ code: number | null; signal: string | null; output: string }>
}

/** Workers in processes of their own, in the database of a test file. */
export interface PoisonWorkers extends TestWorkers {
  /** Starts `almanac worker`, or a host that extends the preset. */
  startProcess(kind: 'almanac worker' | 'host', environment?: NodeJS.ProcessEnv): Promise<PoisonedWorker>
  /** Lets the task `waits` end. */
  openGate(): Promise<unknown>
}

const TASKS = join(import.meta.dirname, 'poison')
const PROGRAMS = {
  'almanac worker': [join(import.meta.dirname, '../../cli/main.ts'), 'worker'],
  host: [join(import.meta.dirname, 'poisonHost.ts')],
} as const

/** Call it at the top of a test file. */
export function usePoisonWorkers(): PoisonWorkers {
  const workers = useTestWorkers()
  const started: PoisonedWorker[] = []
  beforeEach(async () => {
    await workers.query('delete from almanac.workers')
    await workers.query('create table if not exists public.open_gate ()')
    await workers.query('grant select on public.open_gate to almanac_worker')
    await workers.query('delete from public.open_gate')
  })
  afterEach(async () => {
    for (const { process, ended } of started.splice(0)) {
      process.kill('SIGKILL')
      await ended
    }
  })

  return Object.assign(Object.create(workers) as TestWorkers, {
    async startProcess(kind: keyof typeof PROGRAMS, environment: NodeJS.ProcessEnv = {}) {
      const [path, ...args] = PROGRAMS[kind]
      const child = fork(path, args, {
        env: {
          ...process.env,
          ALMANAC_DIRECT_URL: '',
          ...environment,
          DATABASE_URL: workers.database.connectionStringFor('worker'),
          ALMANAC_TASKS_DIR: TASKS,
        },
        execArgv: [],
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      })
      const output = Promise.all([text(child.stdout!), text(child.stderr!)])
      const ended = once(child, 'exit').then(async (event) => {
        const [code, signal] = event as [number | null, string | null]
        return { code, signal, output: (await output).join('') }
      })
      await until('it takes part', async () => {
        const rows = await workers.query(`select from almanac.workers where pid = $1 and status = 'active'`, [
          child.pid,
        ])
        return rows.length > 0
      })
      const worker = { process: child, ended }
      started.push(worker)
      return worker
    },
    openGate: () => workers.query('insert into public.open_gate default values'),
  })
}
