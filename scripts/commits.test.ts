import { expect, test } from 'vitest'
import { problemsOf } from './commits.mjs'

const why = '\n\nA worker that restarts would run them twice.\n'

test('a subject of 72 characters with a body that says why is in order', () => {
  expect(problemsOf(`${'x'.repeat(72)}${why}`)).toEqual([])
})

test.each([
  [`${'x'.repeat(73)}${why}`, 'The subject has 73 characters; at most 72 are allowed.'],
  [`Fix the lease.${why}`, 'The subject ends with a period.'],
  ['Fix the lease\nbecause it is short', 'The line after the subject is not blank.'],
  ['Fix the lease\n', 'There is no body that says why.'],
  [
    'Fix the lease\n\nSeen in /home/me/almanac/x.log',
    'It names a path of one machine: /home/me/almanac/x.log',
  ],
])('%j is refused', (message, problem) => {
  expect(problemsOf(message)).toEqual([problem])
})

test('a path within the repository is not a path of a machine', () => {
  expect(problemsOf('Move the lease\n\nweb/home/x.ts and sql/tmp/y.sql are one.')).toEqual([])
})
