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

test('a message is shown at the field of its column, with what to do', () => {
  const { fields, rest } = formErrors(
    [
      problem({
        message: '25 is not between 0 and 23.',
        hint: 'The hour takes 0 to 23.',
        field: 'cron_expression',
      }),
    ],
    { task: 'report', target: 'task' },
  )

  expect(fields).toEqual({ cron: '25 is not between 0 and 23. The hour takes 0 to 23.' })
  expect(rest).toEqual([])
})

test('the payload of almanac:sql is its statement', () => {
  const problems = [problem({ field: 'payload' })]

  expect(formErrors(problems, { task: 'almanac:sql', target: 'task' }).fields).toHaveProperty('statement')
  expect(formErrors(problems, { task: 'report', target: 'task' }).fields).toHaveProperty('payload')
  expect(formErrors(problems, { task: 'almanac:sql', target: 'list' }).fields).toHaveProperty('payload')
})

test('what PostgreSQL cannot read is answered with an example', () => {
  const { fields } = formErrors([problem({ code: '22007', field: 'timeout' })], {
    task: 'report',
    target: 'task',
  })

  expect(fields.timeout).toBe('Enter an interval such as 90 seconds or 15 minutes.')
})

test.each([
  [
    { code: 'AL019', field: 'max_attempts', message: 'max_attempts must be between 1 and 1000.' },
    'maxAttempts',
    'Enter 1 to 1000: 1 means a single attempt, without retries.',
  ],
  [
    {
      code: 'AL019',
      field: 'ends_at',
      message: 'The end must be after the start.',
      hint: 'Leave it null for no end.',
    },
    'endsAt',
    'The end must be after the start. Leave it empty for no end.',
  ],
  [
    {
      code: 'AL002',
      field: 'timezone',
      message: "'Mars' is not a time zone.",
      hint: 'For example UTC or Europe/Paris. See: select name from pg_timezone_names.',
    },
    'timezone',
    "'Mars' is not a time zone. For example UTC or Europe/Paris.",
  ],
  [
    {
      code: 'AL015',
      field: 'calendars',
      message: "There is no calendar 'off'.",
      hint: "Create it first: select almanac.create_calendar('off').",
    },
    'calendars',
    "There is no calendar 'off'.",
  ],
  [
    { code: 'AL010', field: 'cron_expression', message: 'A schedule of kind cron needs cron_expression.' },
    'cron',
    'A schedule of kind cron needs Cron expression.',
  ],
])('what a field is told names no column and no SQL: %o', (given, field, text) => {
  expect(formErrors([problem(given)], { task: 'report', target: 'task' }).fields).toEqual({ [field]: text })
})

test('what concerns no field names no SQL either', () => {
  const { rest } = formErrors([problem({ code: 'AL011', hint: 'See: select * from almanac.users.' })], {
    task: 'report',
    target: 'task',
  })

  expect(rest).toEqual([problem({ code: 'AL011' })])
})

test('what concerns no field is kept, and the first message of a field wins', () => {
  const { fields, rest } = formErrors(
    [
      problem({ code: 'AL011' }),
      problem({ field: 'name', message: 'First.' }),
      problem({ field: 'name', message: 'Second.' }),
    ],
    { task: 'report', target: 'task' },
  )

  expect(rest.map(({ code }) => code)).toEqual(['AL011'])
  expect(fields.name).toBe('First.')
})
