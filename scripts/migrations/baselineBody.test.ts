import { expect, test } from 'vitest'
import { baselineBody } from './baselineBody.ts'

const heading = (name: string) => `-- ${name} `.padEnd(118, '-') + '\n'
const baseline = `create schema almanac;
--!include functions/access/first.sql

${heading('Functions')}
--!include functions/runs/gone.sql

${heading('Rights')}
grant usage on schema almanac to public;
`
const functions = new Map(
  ['access/first', 'runs/a', 'runs/b'].map((name) => [`functions/${name}.sql`, 'select 1;']),
)

test('the functions are those that there are, apart from those included elsewhere', () => {
  expect(baselineBody({ baseline, functions, current: '-- The next migration, in the making.\n' })).toBe(
    baseline.replace(
      '--!include functions/runs/gone.sql\n',
      '--!include functions/runs/a.sql\n--!include functions/runs/b.sql\n',
    ),
  )
})

test('what current.sql has besides includes follows', () => {
  const current = `-- Why.\n--!include functions/runs/a.sql\n\nalter table almanac.runs add column place text;\n`

  expect(baselineBody({ baseline, functions, current })).toMatch(
    /to public;\n\n-- Why\.\n\nalter table almanac\.runs add column place text;\n$/,
  )
})

test('a baseline without its section of functions is refused', () => {
  expect(() => baselineBody({ baseline: 'create schema almanac;\n', functions, current: '' })).toThrow(
    'no section "-- Functions ---"',
  )
})
