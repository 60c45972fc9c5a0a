import type { Client } from 'pg'

/** Where a connection was to lead, without its password. */
interface Target {
  readonly place: string
  readonly database: string
  readonly login: string
  /** The variable that names it; `null`: none does. */
  readonly setting: string | null
}

const SETTINGS = [
  'DATABASE_URL',
  'ALMANAC_DIRECT_URL',
  'ALMANAC_SQL_URL',
  'ALMANAC_WORKER_URL',
  'ALMANAC_SERVER_URL',
]

/** What connections failed with, by where they were to lead: the errors stay PostgreSQL's and the system's own. */
const targets = new WeakMap<object, Target>()

/** Notes where a connection was to lead that failed with this error. */
export function noteTarget(error: unknown, client: Client, connectionString: string | undefined): void {
  if (typeof error !== 'object' || error === null) return
  const { host, port, database = '', user = '' } = client
  targets.set(error, {
    place: host.startsWith('/') ? `the socket in ${host}` : `${host}:${port}`,
    database,
    login: user,
    setting: SETTINGS.find((name) => process.env[name] === connectionString) ?? null,
  })
}

/** Why a connection failed, where it was to lead, and what to do; `null`: this is not an error of a connection. */
export function connectionProblem(error: object): string | null {
  const target = targets.get(error)
  if (!target) return null
  const { place, database, login, setting } = target
  const { code = '', message = '' } = error as { code?: unknown; message?: unknown }
  const [reason, remedy] = explain(String(code), String(message), target)
  const named = setting === null ? '' : ` The address comes from ${setting}.`
  return `No connection to PostgreSQL at ${place} (database ${database}, login ${login}): ${reason}.\n${remedy}${named}`
}

function explain(code: string, message: string, { database, login }: Target): readonly [string, string] {
  switch (code) {
    case 'ECONNREFUSED':
      return ['nothing listens there', 'Start PostgreSQL, or correct the host and port.']
    case 'ENOENT':
      return ['there is no such socket', 'Start PostgreSQL, or correct the folder of its socket.']
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return ['this host name cannot be resolved', 'Correct the host.']
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return ['the host does not respond', 'Correct the host, or check the network and its firewalls.']
    case 'ECONNRESET':
    case 'EPIPE':
      return ['the connection was closed', 'See the log of PostgreSQL, or of the pooler in front of it.']
    case '28P01':
      return ['the password is wrong', `Correct the password of ${login}.`]
    case '28000':
      return [message, 'Correct the login, or ask a DBA to allow it in pg_hba.conf.']
    case '3D000':
      return [
        'there is no such database',
        `Correct its name, or ask a DBA to run: create database ${database};`,
      ]
    case '53300':
      return [
        'it has reached its connection limit',
        'Close some, or ask a DBA to raise max_connections, or the connection limit of the login or database.',
      ]
    case '57P03':
      return ['it is starting or stopping', 'Try again in a moment.']
    case '42501':
      return [message, `Ask a DBA to run: grant connect on database ${database} to ${login};`]
    default:
      return [
        message.replace(/\.$/, '') || code || 'it failed',
        /timeout|timed out/i.test(message)
          ? 'The host does not respond: correct it, or check the network and its firewalls.'
          : 'See the log of PostgreSQL.',
      ]
  }
}
