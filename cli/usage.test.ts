import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { runAlmanac } from '../tests/start/almanac.ts'

const db = useTestDatabase()
let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'almanac-usage-'))
})
afterAll(async () => {
  await rm(dataDir, { recursive: true })
})

async function said(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const almanac = runAlmanac({ dataDir, args, environment })
  return { code: await almanac.ended, text: almanac.output().trimEnd() }
}

test.each([
  [['migrat'], /^There is no command "migrat"\. Did you mean "migrate"\?\nUsage: almanac <command>/],
  [['toString'], /^There is no command "toString"\.\nUsage: /],
  [['--current'], /^The command must come before its options: --current\.\nUsage: /],
  [
    ['migrate', '--curent'],
    /^"almanac migrate" has no option --curent\. Did you mean "--current"\?\nUsage: almanac migrate \[--current\]/,
  ],
  [['migrate', '-x'], /^"almanac migrate" has no option -x\.\nUsage: almanac migrate/],
  [['migrate', '--current=yes'], /^The option --current takes no value\.\nUsage: /],
  [['status', 'all'], /^"almanac status" takes no argument "all"\.\nUsage: almanac status$/],
  [
    ['login-link', 'ann', 'bob'],
    /^"almanac login-link" takes no argument "bob"\.\nUsage: almanac login-link \[username\]$/,
  ],
  [
    ['import-calendar'],
    /^"almanac import-calendar" needs the name of a calendar and an \.ics file\.\nUsage: /,
  ],
  [['import-calendar', 'holidays'], /^"almanac import-calendar" needs an \.ics file\.\nUsage: /],
  [['adopt'], /^Say what happens to queued and overdue runs here/],
])('what cannot be meant is answered with how it is used, and code 2: %j', async (args, text) => {
  const answer = await said(args)

  expect(answer.text).toMatch(text)
  expect(answer.code).toBe(2)
})

test.each([
  [
    'an unknown host',
    'postgres://ann:secret@no-such-host.invalid/db',
    /no-such-host\.invalid:5432 \(database db, login ann\): .*\n.* DATABASE_URL\.$/,
  ],
  [
    'a closed port',
    'postgres://ann:secret@127.0.0.1:1/db',
    /127\.0\.0\.1:1 \(database db, login ann\): nothing listens there\.\nStart PostgreSQL, or correct the host and port\. The address comes from DATABASE_URL\.$/,
  ],
])('%s is named with the setting that has it, without the password', async (_what, url, text) => {
  for (const command of ['status', 'migrate', 'worker']) {
    const answer = await said([command], { DATABASE_URL: url })

    expect(answer.text).toMatch(text)
    expect(answer.text).not.toContain('secret')
    expect(answer.text.split('\n').length).toBeLessThanOrEqual(3)
    expect(answer.code).toBe(1)
  }
})

test.each([
  [
    'a wrong password',
    (url: URL) => (url.password = 'wrong'),
    /: the password is wrong\.\nCorrect the password of almanac_test_owner\./,
  ],
  [
    'a database that is not there',
    (url: URL) => (url.pathname = '/none'),
    /: there is no such database\.\n.*create database none;/,
  ],
])('%s is said with what to do', async (_what, change, text) => {
  const url = new URL(db.connectionString)
  change(url)

  const answer = await said(['status'], { DATABASE_URL: url.href })

  expect(answer.text).toMatch(text)
  expect(answer.code).toBe(1)
})

test('an error of PostgreSQL has no line about places in functions', async () => {
  const answer = await said(['adopt', '--skip'], { DATABASE_URL: db.connectionString })

  expect(answer.text).toMatch(
    /^This database is not a copy: .* \(AL013\)\nRecorded on .*\nThere is nothing to adopt\.$/,
  )
  expect(answer.code).toBe(1)
})

test('a server whose port is taken says which, and how to choose another', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo

  await db.query(
    `insert into almanac_private.logins (role_name, purpose) values ('almanac_test_server', 'server') on conflict do nothing`,
  )

  const answer = await said(['server'], {
    DATABASE_URL: db.connectionStringFor('server'),
    PORT: String(port),
  })
  other.close()

  expect(answer.text).toContain(`Another program uses port ${port} of 127.0.0.1`)
  expect(answer.text).toContain(`set PORT to one that is free: PORT=${port + 1}.`)
  expect(answer.code).toBe(1)
})

test('a data folder that cannot be made is named with its setting', async () => {
  const answer = await said(['db'], { ALMANAC_DATA_DIR: join(import.meta.filename, 'data') })

  expect(answer.text).toMatch(/^The database folder .* cannot be created: ENOTDIR.*\nSet ALMANAC_DATA_DIR /)
  expect(answer.code).toBe(1)
})
