import type { JobHelpers, Task, TaskList } from 'graphile-worker'
import { describeError } from '../process/log.ts'
import type { Query } from '../process/query.ts'
import { sessionOf, type PoolSession } from './session.ts'

const BUILTIN_TASKS: readonly string[] = [
  'almanac:noop',
  'almanac:sql',
  'almanac:http',
  'almanac:email',
  'almanac:report',
  'almanac:check_ledger',
  'almanac:apply_retention',
  'almanac:tasks',
]
const WAKE_TASK = 'almanac:wake'

/** Tasks that are ours. Pools that come one after the other may share a list. */
const ours = new WeakSet<Task>()

/** Why this worker cannot record runs, and what to do. To try again would not help. */
export class RefusedError extends Error {}

/** The tasks of a pool. */
export interface RunTasks {
  /** Names of the host's. */
  readonly identifiers: readonly string[]
  /** Adds those of Almanac's own jobs: from then on the pool fetches them. */
  add(): void
}

/**
 * What is to be added to a task list: the tasks of Almanac's own jobs, of runs and of wakes; the host's stay as they are.
 * Rejects with RefusedError where this worker cannot record runs.
 */
export async function readRunTasks(tasks: TaskList, query: Query): Promise<RunTasks> {
  const identifiers = hostTasks(tasks)
  const names = await runNames(query, [...BUILTIN_TASKS, ...identifiers])
  return { identifiers, add: () => addRunTasks(tasks, names) }
}

/**
 * Adds what belongs to no run, for jobs that someone has given the name of a built-in task: a pool that has no task at all says
 * that it failed to fetch jobs, and none has those of runs at first.
 */
export function addBuiltinNames(tasks: TaskList): void {
  for (const identifier of BUILTIN_TASKS)
    add(tasks, identifier, () => {
      throw new Error(
        `${identifier} only runs for a schedule. Create one with almanac.schedule_at(), or trigger one.`,
      )
    })
}

function addRunTasks(tasks: TaskList, names: readonly (readonly [string, string])[]): void {
  for (const [identifier, name] of names) {
    const task = isOurs(tasks[identifier]) ? undefined : tasks[identifier]
    add(tasks, name, (session, payload, helpers) => session.run({ identifier, task }, payload, helpers))
  }
  addBuiltinNames(tasks)
  add(tasks, WAKE_TASK, (session, payload, helpers) => session.wake(payload, helpers))
}

function hostTasks(tasks: TaskList): string[] {
  if (!Object.isExtensible(tasks))
    throw new RefusedError('The task list is frozen. Pass a copy of it to Graphile Worker: { ...tasks }.')
  const identifiers = Object.keys(tasks).filter((identifier) => !isOurs(tasks[identifier]))
  const taken = identifiers.find(
    (identifier) =>
      identifier.startsWith('almanac-run:') || identifier === WAKE_TASK || BUILTIN_TASKS.includes(identifier),
  )
  if (taken !== undefined)
    throw new RefusedError(`The name ${taken} is reserved by Almanac. Rename your task.`)
  return identifiers
}

/** The names that jobs of runs have in Graphile Worker, by task. */
async function runNames(query: Query, identifiers: readonly string[]): Promise<[string, string][]> {
  try {
    const rows = await query<{ task: string; name: string }>(
      'select t.task, almanac_private.run_identifier(t.task) as name from unnest($1::text[]) t(task)',
      [identifiers],
    )
    return rows.map(({ task, name }) => [task, name])
  } catch (error) {
    throw refusalOf(error) ?? error
  }
}

function refusalOf(error: unknown): RefusedError | null {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === '3F000' || code === '42883')
    return new RefusedError(
      'This database does not contain Almanac, or an older release of it. Run "almanac migrate" with the URL of its owner first.',
    )
  if (code === '42501')
    return new RefusedError(
      `The worker's login may not record runs. Ask the owner to run "grant almanac_worker to …" with its name: ${describeError(error)}`,
    )
  return null
}

function add(
  tasks: TaskList,
  name: string,
  run: (session: PoolSession, payload: unknown, helpers: JobHelpers) => unknown,
): void {
  if (isOurs(tasks[name])) return
  const task: Task = (payload, helpers) => {
    const session = sessionOf(helpers)
    if (!session)
      throw new Error('This pool does not use Almanac. Each Graphile Worker needs a task list of its own.')
    return run(session, payload, helpers) as ReturnType<Task>
  }
  ours.add(task)
  tasks[name] = task
}

function isOurs(task: Task | undefined): boolean {
  return task !== undefined && ours.has(task)
}
