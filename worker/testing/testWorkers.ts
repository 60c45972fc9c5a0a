import { afterEach, expect } from 'vitest'
import type { TestDatabase } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { runHost, type HostSettings, type HostTask } from './runHost.ts'
import { startTestWorker, type TestWorker, type TestWorkerSettings } from './startTestWorker.ts'
import { until } from './until.ts'

/** A run as tests look at it. */
interface RunRow {
  readonly id: string
  readonly status: string
  readonly attempt: number
  readonly error: string | null
  readonly result: unknown
}

/** A database for a test file, and workers that are closed after each test. */
export interface TestWorkers {
  query: TestDatabase['query']
  readonly database: TestDatabase
  start(settings?: TestWorkerSettings): Promise<TestWorker>
  /** Starts a Graphile Worker of a host's that extends the preset. */
  host(tasks?: Readonly<Record<string, HostTask>>, settings?: HostSettings): Promise<TestWorker>
  /** Adds a schedule that runs only when triggered, and triggers it. */
  trigger(name: string, task: string, columns?: Readonly<Record<string, unknown>>): Promise<void>
  /** Adds a schedule. */
  insert(columns: Readonly<Record<string, unknown>>): Promise<void>
  /** Waits for a run of the schedule in this state, `deadline` milliseconds at most. */
  run(schedule: string, status: string, deadline?: number): Promise<RunRow>
}

/** Call it at the top of a test file. `hasSoundLedger`: whether the ledger has nothing to complain of after each test. */
export function useTestWorkers({ hasSoundLedger = true } = {}): TestWorkers {
  const database = useTestDatabase()
  let workers: TestWorker[] = []

  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.close()))
    workers = []
    if (hasSoundLedger) expect(await database.query('select * from almanac.check_ledger()')).toEqual([])
    await database.query('delete from almanac.schedules')
    await database.query('select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))')
  })

  async function insert(columns: Readonly<Record<string, unknown>>): Promise<void> {
    const names = Object.keys(columns)
    await database.query('select almanac.register_task($1)', [columns['task_identifier']])
    await database.query(
      `insert into almanac.schedules (${names.join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
      Object.values(columns),
    )
  }

  return {
    query: (text, values) => database.query(text, values),
    database,
    async start(settings) {
      const worker = await startTestWorker(database.connectionStringFor('worker'), settings)
      workers.push(worker)
      return worker
    },
    async host(tasks, settings) {
      const host = await runHost(database.connectionStringFor('worker'), tasks, settings)
      workers.push(host)
      return host
    },
    insert,
    async trigger(name, task, columns = {}) {
      await insert({ name, kind: 'manual', task_identifier: task, ...columns })
      await database.query('select almanac.trigger_now($1)', [name])
    },
    run(schedule, status, deadline) {
      async function find(): Promise<RunRow | undefined> {
        const [row] = await database.query<RunRow & Record<string, unknown>>(
          'select id, status, attempt, error, result from almanac.runs where schedule_name = $1 and status = $2',
          [schedule, status],
        )
        return row
      }
      return until(`a run of ${schedule} is ${status}`, find, deadline)
    },
  }
}
