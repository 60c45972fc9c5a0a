import { readFileSync } from 'node:fs'
import { Client } from 'pg'
import { afterEach, expect, it, vi } from 'vitest'
import {
  createEmptyDatabase,
  createTestDatabase,
  type OwnTestDatabase,
} from '../tests/database/createTestDatabase.ts'
import { printStatus } from './status.ts'
import { applyMigrations } from './migrations.ts'
import { readSettings } from './settings.ts'

let db: OwnTestDatabase
afterEach(() => db.drop())

/** What a command writes to its standard output. */
async function outputOf(command: () => Promise<void>): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    await command()
    return write.mock.calls.map(([text]) => String(text)).join('')
  } finally {
    write.mockRestore()
    process.exitCode = undefined
  }
}

it('migrate and status warn when the functions belong to a superuser', async () => {
  db = await createEmptyDatabase()
  const log: string[] = []

  await applyMigrations({
    connectionString: db.adminConnectionString,
    withCurrent: true,
    log: (message) => log.push(message),
  })

  expect(log.filter((line) => line.includes('a superuser, so its functions run as one'))).toHaveLength(1)
  const settings = readSettings({ DATABASE_URL: db.adminConnectionString })
  expect(log.join('\n')).not.toContain('pg_signal_backend')
  expect(await outputOf(() => printStatus(settings))).toMatch(/Warning: +Almanac belongs to \S+, a superuser/)
})

it('they do not when it is another, as docker-compose.yml has it', async () => {
  db = await createTestDatabase()
  const log: string[] = []

  await applyMigrations({
    connectionString: db.connectionString,
    withCurrent: true,
    log: (message) => log.push(message),
  })

  expect(log.join('\n')).not.toContain('superuser')
  const settings = readSettings({ DATABASE_URL: db.connectionString })
  expect(await outputOf(() => printStatus(settings))).not.toContain('superuser')
})

it('migrate and status say what an owner lacks who may not end the sessions that hold up others', async () => {
  db = await createTestDatabase()
  const log: string[] = []

  await applyMigrations({
    connectionString: db.connectionString,
    withCurrent: true,
    log: (message) => log.push(message),
  })

  const grant = /Ask a DBA to run: grant pg_signal_backend to "?almanac_test_owner"?;/
  expect(log.join('\n')).toMatch(grant)
  const settings = readSettings({ DATABASE_URL: db.connectionString })
  expect(await outputOf(() => printStatus(settings))).toMatch(grant)
})

it('docker-compose.yml migrates as an owner who is not a superuser', async () => {
  db = await createEmptyDatabase()
  const compose = readFileSync('docker-compose.yml', 'utf8')
  const script = readFileSync('docker/create-owner.sh', 'utf8')
  const owner = /owner: &owner postgres:\/\/(\w+):/.exec(compose)![1]!
  const superuser = /POSTGRES_USER: (\w+)/.exec(compose)![1]!
  const admin = new Client({ connectionString: db.adminConnectionString })
  await admin.connect()
  const database = new URL(db.adminConnectionString).pathname.slice(1)
  const statements = /<<'SQL'\n([^]*)\nSQL/.exec(script)![1]!
  await admin.query(
    `begin; ${statements.replace(":'password'", "'x'").replace('database almanac ', `database ${database} `)}`,
  )

  const { rows } = await admin.query(
    `select rolsuper as "isSuperuser", rolcreaterole as "makesRoles", rolcanlogin as "logsIn",
       has_database_privilege(rolname, current_database(), 'create') as "makesSchemas" from pg_roles where rolname = $1`,
    [owner],
  )

  expect(owner).not.toBe(superuser)
  expect(rows).toEqual([{ isSuperuser: false, makesRoles: true, logsIn: true, makesSchemas: true }])
  await admin.query('rollback')
  await admin.end()
})
