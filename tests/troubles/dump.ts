import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startCluster } from '../../cli/embedded/cluster.ts'
import { applyMigrations } from '../../cli/migrations.ts'
import { ask } from './ask.ts'
import { postgresTool } from './debianPostgres.ts'

const run = promisify(execFile)
const PASSWORD = 'secret'

/** Runs one of PostgreSQL's programs. */
export async function tool(program: string, ...args: string[]): Promise<void> {
  await run(postgresTool(program), args)
}

/** As people do it: errors about roles that are not there do not stop it. */
export async function restore(dump: string, url: string, ...options: string[]): Promise<void> {
  await tool('pg_restore', ...options, `--dbname=${url}`, dump).catch(() => undefined)
}

/** A new database, and the URL of its owner, who is not a superuser. */
export async function createDatabase(adminUrl: string, owner: string, name: string): Promise<string> {
  const [found] = await ask(adminUrl, 'select from pg_catalog.pg_roles where rolname = $1', [owner])
  if (!found) await ask(adminUrl, `create role ${owner} login createrole password '${PASSWORD}'`)
  await ask(adminUrl, `create database ${name} owner ${owner}`)
  return loginTo(adminUrl, name, owner)
}

export function loginTo(url: string, database: string, login?: string): string {
  const to = Object.assign(new URL(url), { pathname: `/${database}` })
  return (login ? Object.assign(to, { username: login, password: PASSWORD }) : to).href
}

/** Runs "almanac migrate", and gives the lines that it writes. */
export async function migrate(connectionString: string): Promise<string[]> {
  const lines: string[] = []
  const log = (line: string) => void lines.push(line)
  await applyMigrations({ connectionString, withCurrent: true, log, logins: { log: () => undefined } })
  return lines
}

/** A server of PostgreSQL 18, which has none of its own programs. */
export async function startEmbedded(): Promise<{ adminConnectionString: string; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'almanac-restored-'))
  const cluster = await startCluster({
    dataDir,
    temporary: true,
    log: () => undefined,
  })
  return {
    adminConnectionString: cluster.adminConnectionString,
    async stop() {
      await cluster.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
