/** What a task's metadata may say of a process of its own: `isolation: true`, or what that may use. */
export interface IsolationMetadata {
  /** Memory of all its processes together: '256 MB', '2 GB'. Default: no limit of its own. */
  readonly memory?: string
  /** CPU time of all its processes together, in one attempt: '30 seconds', '5 minutes'. Default: no limit. */
  readonly cpu?: string
  /** Attempts that a process may serve, one after the other. Default 1: each attempt has a new process. */
  readonly runs?: number
  /** Variables of the worker's environment that the task needs, besides those that every program gets. */
  readonly env?: readonly string[]
}

/** What a process of a task's own may use. */
export interface Isolation {
  /** Megabytes, of 2^20 bytes; null: no limit. */
  readonly memory: number | null
  /** Seconds; null: no limit. */
  readonly cpu: number | null
  readonly runs: number
  readonly env: readonly string[]
}

/** Megabytes that a limit is at least, so that a program can start, and at most. */
const LEAST_MEMORY = 64
const MOST_MEMORY = 1_048_576
const MOST_CPU = 86_400
const MOST_RUNS = 10_000
const MOST_NAMES = 100

const KEYS = ['memory', 'cpu', 'runs', 'env']
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 }

/** Reads `isolation` of a task's metadata; null: it runs in the worker. Throws an error that says where it is wrong. */
export function readIsolation(value: unknown): Isolation | null {
  if (value === undefined || value === null || value === false) return null
  const said: unknown = value === true ? {} : value
  if (typeof said !== 'object' || said === null || Array.isArray(said))
    throw new Error(`isolation is true, or { memory, cpu, runs, env }, and not ${JSON.stringify(value)}.`)
  const unknown = Object.keys(said).find((key) => !KEYS.includes(key))
  if (unknown !== undefined)
    throw new Error(`isolation.${unknown} is not known: there are ${KEYS.join(', ')}.`)
  const { memory, cpu, runs, env } = said as Record<string, unknown>
  return {
    memory: memory === undefined ? null : readMemory(memory),
    cpu: cpu === undefined ? null : readCpu(cpu),
    runs: runs === undefined ? 1 : readRuns(runs),
    env: env === undefined ? [] : readNames(env),
  }
}

function readMemory(value: unknown): number {
  const [, count, unit = ''] = /^(\d{1,7}) ?(MB|GB)$/i.exec(typeof value === 'string' ? value : '') ?? []
  const megabytes = Number(count) * (unit.toUpperCase() === 'GB' ? 1024 : 1)
  if (!(megabytes >= LEAST_MEMORY && megabytes <= MOST_MEMORY))
    throw wrong('memory', value, `a text such as '256 MB' or '2 GB', from ${LEAST_MEMORY} MB to 1024 GB`)
  return megabytes
}

function readCpu(value: unknown): number {
  const pattern = /^(\d{1,6}) ?(s|m|h)(?:ec|econds?|in|inutes?|ours?)?$/
  const [, count, unit = ''] = pattern.exec(typeof value === 'string' ? value : '') ?? []
  const seconds = Number(count) * (UNITS[unit] ?? NaN)
  if (!(seconds >= 1 && seconds <= MOST_CPU))
    throw wrong('cpu', value, `a text such as '30 seconds' or '5 minutes', from 1 second to 24 hours`)
  return seconds
}

function readRuns(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MOST_RUNS)
    throw wrong('runs', value, `a whole number from 1 to ${MOST_RUNS}`)
  return value
}

function readNames(value: unknown): readonly string[] {
  const isName = (name: unknown) => typeof name === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
  if (!Array.isArray(value) || value.length > MOST_NAMES || !value.every(isName))
    throw wrong('env', value, `a list of up to ${MOST_NAMES} names of variables`)
  return value as string[]
}

function wrong(key: string, value: unknown, wanted: string): Error {
  return new Error(`isolation.${key} is ${wanted}, and not ${JSON.stringify(value)}.`)
}
