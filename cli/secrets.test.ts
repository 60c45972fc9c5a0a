import { expect, test } from 'vitest'
import { forgetSecrets, taskSecrets, withoutSecrets, withPassword } from './secrets.ts'

const environment = {
  PATH: '/bin',
  DATABASE_URL: 'postgres://owner:secret@db/almanac',
  ALMANAC_DIRECT_URL: 'postgres://owner:secret@db/almanac',
  ALMANAC_SERVER_URL: 'postgres://server:secret@db/almanac',
  ALMANAC_WORKER_URL: 'postgres://worker:secret@db/almanac',
  ALMANAC_SQL_URL: 'postgres://sql:secret@db/almanac',
  ALMANAC_PUBLIC_URL: 'https://almanac.example.com',
  PGPASSWORD: 'secret',
  ALMANAC_SECRET_HOOK: 'a long one',
  ALMANAC_SECRET_HOOK_HOSTS: 'example.com',
  ALMANAC_EMAIL_URL: 'smtp://almanac:secret@mail.example.com',
}

test('what is handed on has no URL of a database and no password', () => {
  const left = { PATH: '/bin', ALMANAC_PUBLIC_URL: 'https://almanac.example.com' }

  expect(withoutSecrets(environment)).toEqual(left)
  const own: NodeJS.ProcessEnv = { ...environment }
  forgetSecrets(own)
  expect(taskSecrets(environment)).toEqual({
    ALMANAC_SECRET_HOOK: 'a long one',
    ALMANAC_SECRET_HOOK_HOSTS: 'example.com',
    ALMANAC_EMAIL_URL: 'smtp://almanac:secret@mail.example.com',
  })
  expect(own).toEqual(left)
})

test.each([
  ['postgres://worker@db/almanac', 'postgres://worker:secret@db/almanac'],
  ['postgres://worker:own@db/almanac', 'postgres://worker:own@db/almanac'],
  ['postgres://a@one,two/almanac', 'postgres://a:secret@one,two/almanac'],
])('%s keeps what PGPASSWORD gives it', (url, expected) => {
  expect(withPassword(url, environment)).toBe(expected)
  expect(withPassword(url, {})).toBe(url)
})
