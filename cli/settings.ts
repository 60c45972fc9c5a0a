import { resolve } from 'node:path'
import * as v from 'valibot'
import { parseDatabaseUrl } from '../worker/databaseUrl.ts'
import { DEFAULT_BUSY_LIMIT, DEFAULT_CONCURRENCY, DEFAULT_SQL_CONNECTIONS } from '../worker/defaults.ts'

const port = v.pipe(
  v.string(),
  v.regex(/^\d+$/, 'is not a number'),
  v.transform(Number),
  v.maxValue(65_535, 'is not a port: it is above 65535'),
)

const concurrency = v.pipe(
  v.string(),
  v.regex(/^\d+$/, 'is not a whole number'),
  v.transform(Number),
  v.minValue(1, 'must be at least 1'),
  v.maxValue(1_000, 'must be at most 1000'),
)

const seconds = v.pipe(
  v.string(),
  v.regex(/^\d+$/, 'is not a whole number of seconds'),
  v.transform(Number),
  v.minValue(2, 'must be at least 2'),
  v.maxValue(86_400, 'must be at most 86400'),
)

const postgresUrl = v.pipe(
  v.string(),
  v.check(
    (text) => parseDatabaseUrl(text) !== null,
    'is not a URL of the form postgres://user:password@host:5432/database (several hosts: host1:5432,host2:5432; target_session_attrs: read-write, primary or any)',
  ),
)

const webUrl = v.pipe(
  v.string(),
  v.check(
    (text) => /^https?:\/\//.test(text) && URL.canParse(text),
    'is not a URL of the form https://almanac.example.com',
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
  PORT: v.optional(port, '5678'),
  HOST: v.optional(v.string(), '127.0.0.1'),
  ALMANAC_PUBLIC_URL: v.optional(webUrl),
  ALMANAC_HOSTS: v.optional(hostNames),
  ALMANAC_DATA_DIR: v.optional(folder, '.almanac'),
  ALMANAC_ENVIRONMENT: v.optional(v.string()),
  ALMANAC_TASKS_DIR: v.optional(folder, 'tasks'),
  ALMANAC_CONCURRENCY: v.optional(concurrency, String(DEFAULT_CONCURRENCY)),
  ALMANAC_SQL_CONNECTIONS: v.optional(concurrency, String(DEFAULT_SQL_CONNECTIONS)),
  ALMANAC_BUSY_LIMIT: v.optional(seconds, String(DEFAULT_BUSY_LIMIT / 1000)),
})

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
  readonly concurrency: number
  readonly sqlConnections: number
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
    throw new Error(
      issues.map((issue) => `${v.getDotPath(issue) ?? 'A setting'} ${issue.message}.`).join('\n'),
    )
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
    concurrency: output.ALMANAC_CONCURRENCY,
    sqlConnections: output.ALMANAC_SQL_CONNECTIONS,
    busyLimit: output.ALMANAC_BUSY_LIMIT * 1000,
  }
}
