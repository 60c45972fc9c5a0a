import { expect, test } from 'vitest'
import { problemWith, type ServerFacts } from './serverCheck.ts'

const GOOD: ServerFacts = {
  versionNumber: 180_004,
  version: '18.4',
  encoding: 'UTF8',
  login: 'owner',
  database: 'jobs',
  missingRoles: ['almanac_viewer', 'almanac_operator'],
  mayCreateRoles: true,
  mayCreateSchemas: true,
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
  [{ mayCreateSchemas: false }, 'grant create on database "jobs" to "owner";'],
])('a server that cannot do is refused: %j', (facts, message) => {
  expect(problemWith({ ...GOOD, ...facts })).toContain(message)
})

test('without CREATEROLE, the roles that are missing are named as statements for a DBA', () => {
  const problem = problemWith({ ...GOOD, mayCreateRoles: false })

  expect(problem).toContain(
    'create role almanac_viewer nologin;\n  create role almanac_operator nologin in role almanac_viewer;',
  )
  expect(problem).not.toContain('almanac_admin')
})

test('without CREATEROLE, roles that a DBA has made will do', () => {
  expect(problemWith({ ...GOOD, mayCreateRoles: false, missingRoles: [] })).toBeNull()
})
