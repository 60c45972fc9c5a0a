import { expect, test } from 'vitest'
import { explainFailure } from './failure.ts'

test('a source that Node cannot read is told with its place', () => {
  const error = Object.assign(new SyntaxError('Expression expected'), {
    code: 'ERR_INVALID_TYPESCRIPT_SYNTAX',
    stack: 'server/address.ts:7\nconst x = ;\n          ^\n\nSyntaxError: Expression expected',
  })

  expect(explainFailure(error)).toContain('server/address.ts:7')
})

test('what the system refuses is told by its message alone', () => {
  const error = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })

  expect(explainFailure(error)).toBe('EACCES: permission denied')
})

test('a fault of the program is told with its stack', () => {
  expect(explainFailure(new TypeError('x is not a function'))).toMatch(
    /please report it[^]*failure\.test\.ts/,
  )
})
