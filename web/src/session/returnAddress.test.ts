// @vitest-environment node
import { expect, test } from 'vitest'
import { keepReturnAddress, ownAddress, takeReturnAddress } from './returnAddress.ts'

const origin = 'https://almanac.example'

test.each(['/runs/8817', '/calendar/week/2026-11-23?zone=Europe%2FParis&schedule=12', '/schedules#top', '/'])(
  'one comes back to %s',
  (address) => {
    expect(ownAddress(address, origin)).toBe(address)
  },
)

test.each([
  null,
  '',
  'runs',
  'https://evil.example/runs',
  '//evil.example/runs',
  '///evil.example/runs',
  '/\\evil.example/runs',
  '/\t/evil.example/runs',
  '/\n/evil.example',
  '/.//evil.example',
  '/runs/..//evil.example',
  '/%2e%2e//evil.example',
  'javascript:alert(1)',
  '/javascript:alert(1)',
  '\u0000//evil.example',
  ' //evil.example',
  '/graphql',
  '/auth/logout',
  '/sign-in',
  '/sign-in/',
  '/sign-in#token=abc',
  `${origin}/runs`,
])('%j leads to the start page', (address) => {
  expect(ownAddress(address, origin)).toBe('/')
})

test('an address is kept until it is asked for, once', () => {
  const kept = new Map<string, string>()
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  }

  keepReturnAddress({ pathname: '/runs', search: '?state=failed', hash: '#8817' }, storage)

  expect(takeReturnAddress(origin, storage)).toBe('/runs?state=failed#8817')
  expect(takeReturnAddress(origin, storage)).toBe('/')
})
