// @vitest-environment node
import { expect, test } from 'vitest'
import type { Problem } from '../../graphql/error.ts'
import { formErrors } from './formErrors.ts'

const problem = (given: Partial<Problem>): Problem => ({
  message: 'It is wrong.',
  code: 'AL001',
  detail: null,
  hint: null,
  field: null,
  ...given,
})

test('a message stands at the field of its column, with what to do', () => {
  const { fields, rest } = formErrors(
    [
      problem({
        message: '25 is not between 0 and 23.',
        hint: 'The hour takes 0 to 23.',
        field: 'cron_expression',
      }),
    ],
    { task: 'report' },
  )

  expect(fields).toEqual({ cron: '25 is not between 0 and 23. The hour takes 0 to 23.' })
  expect(rest).toEqual([])
})

test('the payload of almanac:sql is its statement', () => {
  const problems = [problem({ field: 'payload' })]

  expect(formErrors(problems, { task: 'almanac:sql' }).fields).toHaveProperty('statement')
  expect(formErrors(problems, { task: 'report' }).fields).toHaveProperty('payload')
})

test('what PostgreSQL cannot read is answered with an example', () => {
  const { fields } = formErrors([problem({ code: '22007', field: 'timeout' })], { task: 'report' })

  expect(fields.timeout).toBe('Enter an interval such as 90 seconds or 15 minutes.')
})

test('what concerns no field is kept, and the first message of a field wins', () => {
  const { fields, rest } = formErrors(
    [
      problem({ code: 'AL011' }),
      problem({ field: 'name', message: 'First.' }),
      problem({ field: 'name', message: 'Second.' }),
    ],
    { task: 'report' },
  )

  expect(rest.map(({ code }) => code)).toEqual(['AL011'])
  expect(fields.name).toBe('First.')
})
