import { expect, test } from 'vitest'
import { readCauses, splitStack } from './causes.ts'

test('what is written in another way is not a cause', () => {
  const error = { name: 'Error', message: 'm', stack: [] }
  expect(readCauses([error])).toEqual([error])
  expect(readCauses([{ ...error, code: 'ECONNRESET' }])).toHaveLength(1)
  expect([readCauses(null), readCauses([{}]), readCauses('x')]).toEqual([[], [], []])
})

test('the frames of the task come before those of packages and of Node.js', () => {
  expect(
    splitStack([
      'at a (node_modules/x/i.js:1:2)',
      'at run (tasks/a.ts:1:2)',
      'at node:internal/x:1:2',
      'at f (…/o.ts:1:2)',
    ]),
  ).toEqual({
    own: ['at run (tasks/a.ts:1:2)'],
    others: ['at a (node_modules/x/i.js:1:2)', 'at node:internal/x:1:2', 'at f (…/o.ts:1:2)'],
  })
})
