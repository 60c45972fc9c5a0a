import { resolve } from 'node:path'
import * as v from 'valibot'
import { parseDatabaseUrl } from '../process/databaseUrl.ts'
import { cutText } from '../shared/cutText.ts'
import { DEFAULT_BUSY_LIMIT, DEFAULT_CONCURRENCY, DEFAULT_SQL_CONNECTIONS } from '../worker/defaults.ts'
import { readEmailSettings, type EmailSettings } from '../worker/tasks/email/settings.ts'
import { readHttpSettings, type HttpSettings } from '../worker/tasks/http/settings.ts'

/** A whole number within bounds, both of them allowed. */
function whole(least: number, most: number, unit = '') {
  const message = `must be a whole number${unit} from ${least} to ${most}`
  return v.pipe(
    v.string(),
    v.regex(/^\d+$/, message),
    v.transform(Number),
    v.minValue(least, message),
    v.maxValue(most, message),
  )
}

const postgresUrl = v.pipe(
  v.string(),
  v.check(
    (text) => parseDatabaseUrl(text) !== null,
    'must be a URL of the form postgres://user:password@host:5432/database (several hosts: host1:5432,host2:5432; target_session_attrs: read-write, primary or any)',
  ),
  v.check(
    (text) => !/%(?![0-9a-f]{2})/i.test(text),
    'has a % that does not begin an escape: write %25 for a % in a password',
  ),
)

const webUrl = v.pipe(
  v.string(),
  v.check(
    (text) => /^https?:\/\//.test(text) && URL.canParse(text),
    'must be a URL of the form https://almanac.example.com',
  ),
  v.transform((text) => text.replace(/\/+$/, '')),
)

const hostNames = v.pipe(
  v.string(),
  v.transform((text) => text.split(',').map((name) => name.trim())),
  v.check(
    (names) => names.every((name) => /^[\w.-]+$/.test(name)),
    'is not a list of host names: almanac.internal,almanac',
  ),
)

const folder = v.pipe(
  v.string(),
  v.transform((path) => resolve(path)),
)

const Environment = v.object({
  DATABASE_URL: v.optional(postgresUrl),
  ALMANAC_DIRECT_URL: v.optional(postgresUrl),
  ALMANAC_SERVER_URL: v.optional(postgresUrl),
  ALMANAC_WORKER_URL: v.optional(postgresUrl),
  ALMANAC_SQL_URL: v.optional(postgresUrl),
  PORT: v.optional(whole(0, 65_535), '5678'),
  HOST: v.optional(v.string(), '127.0.0.1'),
  ALMANAC_PUBLIC_URL: v.optional(webUrl),
  ALMANAC_HOSTS: v.optional(hostNames),
  ALMANAC_DATA_DIR: v.optional(folder, '.almanac'),
  ALMANAC_ENVIRONMENT: v.optional(v.string()),
  ALMANAC_TASKS_DIR: v.optional(folder, 'tasks'),
  ALMANAC_SCHEDULES: v.optional(folder),
  ALMANAC_SCHEDULES_VERSION: v.optional(v.string()),
  ALMANAC_CONCURRENCY: v.optional(whole(1, 1_000), String(DEFAULT_CONCURRENCY)),
  ALMANAC_SQL_CONNECTIONS: v.optional(whole(1, 1_000), String(DEFAULT_SQL_CONNECTIONS)),
  ALMANAC_BUSY_LIMIT: v.optional(whole(2, 86_400, ' of seconds'), String(DEFAULT_BUSY_LIMIT / 1000)),
})

/** The variables that are read here; those of almanac:http and almanac:email have readers of their own. */
export const VARIABLES = Object.keys(Environment.entries)

/** What the environment says, checked and with defaults filled in. */
export interface Settings {
  /** Unset: the embedded database. */
  readonly databaseUrl: string | undefined
  /** For what needs a session, where `databaseUrl` leads to a transaction pooler. */
  readonly directUrl: string | undefined
  /** Logins that `migrate` makes for separate processes. */
  readonly serverUrl: string | undefined
  readonly workerUrl: string | undefined
  readonly sqlUrl: string | undefined
  readonly port: number
  readonly host: string
  /** Whether HOST or PORT is set, and neither of their defaults meant. */
  readonly isAddressSet: boolean
  /** Where browsers reach the server, if not at `host` and `port`. */
  readonly publicUrl: string | undefined
  /** Further names that the server goes by. */
  readonly hosts: readonly string[]
  readonly dataDir: string
  /** Which of several installations this is: workers of another do not work in its database. */
  readonly environment: string | undefined
  readonly tasksDir: string
  /** The file of schedules in code that workers apply when they start; unset: none. */
  readonly schedulesFile: string | undefined
  /** Of schedules in code, where their file does not say it. */
  readonly schedulesVersion: string | undefined
  readonly concurrency: number
  readonly sqlConnections: number
  readonly http: HttpSettings
  /** Null: no e-mail is sent. */
  readonly email: EmailSettings | null
  /** Milliseconds that a task may hold the CPU of its worker. */
  readonly busyLimit: number
}

/** Reads the settings from environment variables; an empty one counts as unset. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const { success, output, issues } = v.safeParse(Environment, given)
  if (!success) {
    throw new Error(problemsOf(issues).join('\n'))
  }
  return {
    databaseUrl: output.DATABASE_URL,
    directUrl: output.ALMANAC_DIRECT_URL,
    serverUrl: output.ALMANAC_SERVER_URL,
    workerUrl: output.ALMANAC_WORKER_URL,
    sqlUrl: output.ALMANAC_SQL_URL,
    port: output.PORT,
    host: output.HOST,
    isAddressSet: 'HOST' in given || (output.PORT !== 0 && 'PORT' in given),
    publicUrl: output.ALMANAC_PUBLIC_URL,
    hosts: output.ALMANAC_HOSTS ?? [],
    dataDir: output.ALMANAC_DATA_DIR,
    environment: output.ALMANAC_ENVIRONMENT,
    tasksDir: output.ALMANAC_TASKS_DIR,
    schedulesFile: output.ALMANAC_SCHEDULES,
    schedulesVersion: output.ALMANAC_SCHEDULES_VERSION,
    concurrency: output.ALMANAC_CONCURRENCY,
    sqlConnections: output.ALMANAC_SQL_CONNECTIONS,
    http: readHttpSettings(given),
    email: readEmailSettings(given),
    busyLimit: output.ALMANAC_BUSY_LIMIT * 1000,
  }
}

/** Each setting that has a wrong value, with that and what it may be. */
function problemsOf(issues: readonly v.BaseIssue<unknown>[]): string[] {
  const problems = new Map<string, string>()
  for (const issue of issues) {
    const name = v.getDotPath(issue) ?? 'A setting'
    if (!problems.has(name)) problems.set(name, `${name} ${issue.message}. It is "${shown(issue.input)}".`)
  }
  return [...problems.values()]
}

/** A value as it was given, but for passwords. */
function shown(value: unknown): string {
  const safe = String(value)
    .replace(/(:\/\/[^/?#@:]*:).*@/, '$1…@')
    .replace(/(password=)[^&]*/gi, '$1…')
  return cutText(safe, 200)
}
