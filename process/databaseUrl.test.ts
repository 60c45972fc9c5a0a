import { expect, test } from 'vitest'
import { loginOf, parseDatabaseUrl, withLogin } from './databaseUrl.ts'

test.each([
  ['postgres://u:p@a:5432/db', ['postgres://u:p@a:5432/db'], 'any'],
  ['postgres://u@a:1,b:2/db', ['postgres://u@a:1/db', 'postgres://u@b:2/db'], 'writable'],
  ['postgresql://a,[::1]:2/db?x=1', ['postgresql://a/db?x=1', 'postgresql://[::1]:2/db?x=1'], 'writable'],
  [
    'postgres://a,b/db?target_session_attrs=any',
    ['postgres://a/db?target_session_attrs=any', 'postgres://b/db?target_session_attrs=any'],
    'any',
  ],
  [
    'postgres://a/db?target_session_attrs=primary',
    ['postgres://a/db?target_session_attrs=primary'],
    'writable',
  ],
  [
    'postgres:///db?host=a,b&port=1,2',
    ['postgres:///db?host=a&port=1', 'postgres:///db?host=b&port=2'],
    'writable',
  ],
  ['postgres://u:p%40,@a/db', ['postgres://u:p%40,@a/db'], 'any'],
])('%s names these hosts', (text, urls, wanted) => {
  expect(parseDatabaseUrl(text)).toEqual({ urls, wanted })
})

test.each([
  'localhost/db',
  'mysql://a/db',
  'postgres://a:port/db',
  'postgres://a,b:port/db',
  'postgres://a/db?target_session_attrs=standby',
])('%s is refused', (text) => {
  expect(parseDatabaseUrl(text)).toBeNull()
})

test('the login of a URL with several hosts is read and replaced, whatever is in it', () => {
  const url = withLogin('postgres://old:word@a:1,b:2/db?sslmode=disable', { name: 'ann@x', password: '/,?#' })

  expect(url).toBe('postgres://ann%40x:%2F%2C%3F%23@a:1,b:2/db?sslmode=disable')
  expect(loginOf(url)).toEqual({ name: 'ann@x', password: '/,?#' })
  expect(withLogin('postgres:///db?host=/tmp', { name: 'a', password: 'b' })).toBe(
    'postgres://a:b@/db?host=/tmp',
  )
})
