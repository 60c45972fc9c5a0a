import { expect, test } from 'vitest'
import { describeError } from './describeError.ts'
import { HOSTILE } from '../worker/testing/hostileErrors.ts'

test.each(HOSTILE)('describing %s does not throw, and says what it can', (_name, make, said) => {
  expect(describeError(make())).toContain(said)
})

test('a chain of causes says all that its links say', () => {
  const error = new Error('no answer', { cause: new TypeError('refused', { cause: 'port closed' }) })

  expect(describeError(error)).toBe('no answer\ncaused by: refused\ncaused by: port closed')
})

test('an AggregateError says what each of its errors says, with their causes', () => {
  const error = new AggregateError(
    [new Error('a', { cause: new Error('b') }), undefined, new AggregateError([new Error('c')], 'inner')],
    'all failed',
  )

  expect(describeError(error)).toBe(
    'all failed\n1 of 3: a\ncaused by: b\n2 of 3: Not an Error: undefined\n3 of 3: inner\n1 of 1: c',
  )
})

test("PostgreSQL's details are part of what an error says", () => {
  const error = Object.assign(new Error('no'), { code: '23505', detail: 'Key (id)=(1).', hint: '' })

  expect(describeError(error)).toBe('no\ndetail: Key (id)=(1).\ncode: 23505')
})

test('a chain that leads back to its beginning ends', () => {
  const error = new Error('first')
  error.cause = new AggregateError([error], 'second')

  expect(describeError(error)).toBe('first\ncaused by: second\n1 of 1: (as above)')
})

test('what an error says is bounded in depth and size', () => {
  let deep = new Error('bottom')
  for (let depth = 0; depth < 10_000; depth++) deep = new Error('x'.repeat(1_000), { cause: deep })
  const wide = new AggregateError(Array.from({ length: 10_000 }, (_, index) => new Error(`error ${index}`)))

  expect(describeError(deep).length).toBeLessThan(20_000)
  expect(describeError(wide)).toContain('10 of 10000: error 9')
  expect(describeError(wide).length).toBeLessThan(1_000)
})
