import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEmptyDatabase, type OwnTestDatabase } from '../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { runAlmanac } from '../tests/start/almanac.ts'
import { withQuery } from './database.ts'

let empty: OwnTestDatabase
const migrated = useTestDatabase()
let dataDir: string
beforeAll(async () => {
  empty = await createEmptyDatabase()
  dataDir = await mkdtemp(join(tmpdir(), 'almanac-commands-'))
})
afterAll(async () => {
  await empty.drop()
  await rm(dataDir, { recursive: true })
})

const run = (command: string, url: string) =>
  runAlmanac({ dataDir, args: [command], environment: { DATABASE_URL: url } })

test.each(['worker', 'server', 'status', 'login-link'])(
  '%s says in one line what to do with a database that was never migrated, and makes nothing there',
  async (command) => {
    const almanac = run(command, empty.connectionString)

    expect(await almanac.ended).toBe(1)
    expect(almanac.output()).toMatch(
      /^The database \w+ does not contain Almanac\. Run "npx almanac migrate" with the URL of its owner in DATABASE_URL\.\n$/,
    )
    expect(
      await empty.query(
        `select nspname from pg_namespace where nspname !~ '^pg_|^information_schema$|^public$'`,
      ),
    ).toEqual([])
  },
)

test.each([
  ['worker', 'almanac_worker'],
  ['login-link', 'almanac_server'],
])('%s with a login that lacks its rights says which, and what a DBA runs', async (command, role) => {
  const almanac = run(command, migrated.connectionStringFor('viewer'))

  expect(await almanac.ended).toBe(1)
  expect(almanac.output()).toBe(
    `The login almanac_test_viewer lacks the rights of ${role}, which this needs. Set DATABASE_URL to one that has them, or ask a DBA to run: grant ${role} to "almanac_test_viewer";\n`,
  )
})

test('nothing is said of a reader that has gone before the end', async () => {
  const almanac = run('status', migrated.connectionString)

  almanac.process.stdout!.destroy()

  expect(await almanac.ended).toBe(1)
  expect(almanac.output()).toBe('')
})

test('a command with a limit says that a lock holds it up, and how to see whose', async () => {
  const holder = await migrated.connect()
  await holder.query('begin; lock table almanac.runs in access exclusive mode')

  const asking = withQuery(
    migrated.connectionString,
    (query) => query('select from almanac.runs'),
    'almanac_viewer',
    200,
  )

  await expect(asking).rejects.toThrow(/holds a lock .*pg_blocking_pids/)
  await holder.query('rollback')
})

test('status ends with 1 while something is wrong, and notes that an operator has reached a limit without it', async () => {
  const login = 'almanac_test_operator'
  await migrated.query(
    `insert into almanac_private.uses (who, kind, used_at, count) values ('role ${login}', 'triggers', now(), 1000000)`,
  )
  const idle = run('status', migrated.connectionString)

  expect(await idle.ended).toBe(1)
  expect(idle.output()).toMatch(/^Wrong: +no worker is running/m)

  await migrated.query(
    `select almanac_private.register_worker('w', 'w', 1, '0', 2), almanac.register_task('almanac:noop')`,
  )
  const noted = run('status', migrated.connectionString)

  expect([await noted.ended, noted.output()]).toEqual([0, expect.stringMatching(/^Note: .*has reached it/m)])
  expect(noted.output()).not.toContain('Wrong:')
})
