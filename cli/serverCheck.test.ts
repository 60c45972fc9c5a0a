import { expect, test } from 'vitest'
import { createEmptyDatabase } from '../tests/database/createTestDatabase.ts'
import { checkServer, problemWith, type ServerFacts } from './serverCheck.ts'

const GOOD: ServerFacts = {
  versionNumber: 180_004,
  version: '18.4',
  encoding: 'UTF8',
  login: 'owner',
  database: 'jobs',
  missingRoles: [
    'create role almanac_operator nologin',
    'create role almanac_viewer nologin',
    'grant almanac_viewer to almanac_operator',
  ],
  mayCreateRoles: true,
  mayCreateSchemas: true,
  hasContrib: true,
  workerOwner: null,
  memberships: [],
}

test('a login that may create roles and schemas needs nothing else', () => {
  expect(problemWith(GOOD)).toBeNull()
})

test.each([
  [
    { versionNumber: 140_010, version: '14.10' },
    'Almanac needs PostgreSQL 15 or newer; this server is 14.10.',
  ],
  [{ encoding: 'SQL_ASCII' }, 'Almanac needs a database with the encoding UTF8; jobs has SQL_ASCII.'],
  [{ hasContrib: false }, 'install its contrib modules'],
  [{ workerOwner: { name: 'shop', isSuperuser: false } }, 'grant "shop" to "owner";'],
  [{ workerOwner: { name: 'postgres', isSuperuser: true } }, 'do $almanac$'],
  [{ mayCreateSchemas: false }, 'grant create on database "jobs" to "owner";'],
])('a server that cannot do is refused: %j', (facts, message) => {
  expect(problemWith({ ...GOOD, ...facts })).toContain(message)
})

test('without CREATEROLE, the roles that are missing are named as statements for a DBA', () => {
  const problem = problemWith({ ...GOOD, mayCreateRoles: false })

  expect(problem).toContain(
    'create role almanac_operator nologin;\n  create role almanac_viewer nologin;\n  grant almanac_viewer to almanac_operator;',
  )
  expect(problem).not.toContain('almanac_admin')
})

test('all that a DBA has to do is asked for at once, roles before what is granted of them', () => {
  const part = { login: 'web', group: 'almanac_server', exists: false, isMember: false, mayGrant: false }

  const problem = problemWith({
    ...GOOD,
    missingRoles: ['create role almanac_server nologin noinherit', 'grant almanac_admin to almanac_server'],
    mayCreateRoles: false,
    mayCreateSchemas: false,
    memberships: [part, { ...part, login: 'owner', group: 'almanac_worker', exists: true }],
  })

  expect(problem?.match(/^  .*;$/gm)).toEqual([
    '  create role almanac_server nologin noinherit;',
    '  grant almanac_admin to almanac_server;',
    `  create role "web" login password '…';`,
    '  grant almanac_server to "web";',
    '  grant almanac_worker to "owner";',
    '  grant create on database "jobs" to "owner";',
  ])
})

test('a group that may be granted, or is granted, is not asked for', () => {
  const part = { login: 'web', group: 'almanac_server', exists: true, isMember: false, mayGrant: true }

  expect(
    problemWith({ ...GOOD, memberships: [part, { ...part, isMember: true, mayGrant: false }] }),
  ).toBeNull()
})

test('without CREATEROLE, roles that a DBA has made will do', () => {
  expect(problemWith({ ...GOOD, mayCreateRoles: false, missingRoles: [] })).toBeNull()
})

test('what the login may do is asked of the server', async () => {
  const db = await createEmptyDatabase()
  const parts = [{ login: null, group: 'almanac_worker' }]
  const plain = await db.connect('plain')
  const worker = await db.connect('worker')

  await expect(checkServer(await db.connect('owner'), parts)).resolves.toBeUndefined()
  await expect(checkServer(plain, parts)).rejects.toThrow('grant almanac_worker to "almanac_test_plain";')
  await expect(checkServer(plain, parts)).rejects.toThrow('grant create on database')
  await expect(checkServer(worker, parts)).rejects.not.toThrow('grant almanac_worker')
  await db.drop()
})
