// @vitest-environment node
import { CombinedError } from 'urql'
import { expect, test } from 'vitest'
import { emptyDraft } from './draft.ts'
import { readPreview, type Preview } from './usePreview.ts'

const before: Preview = {
  status: 'checking',
  last: null,
  problems: [],
  checked: null,
  cronPosition: null,
  warnings: [],
}
const draft = { ...emptyDraft('Europe/Paris'), cron: '30 2 * * *' }
const times = [
  { scheduledFor: '2027-03-28T00:30:00+00:00', dueAt: '2027-03-28T01:30:00+00:00', note: 'Postponed.' },
]
const checked = { valid: true, field: null, errorPosition: null, message: null, hint: null, warnings: [] }

const refusal = new CombinedError({
  graphQLErrors: [
    { message: '25 is not between 0 and 23.', extensions: { code: 'AL001', field: 'cron_expression' } },
  ],
})

test('a valid rule replaces what was shown, and its times are those at which it is due', () => {
  const preview = readPreview(before, draft, { times, problems: [], cron: checked }, undefined)

  expect(preview).toMatchObject({
    status: 'valid',
    last: { rule: { cron: '30 2 * * *' }, times: [{ at: times[0]?.dueAt, note: 'Postponed.' }] },
  })
})

test('an invalid rule keeps the times of the last valid one and says where it is wrong', () => {
  const valid = readPreview(before, draft, { times, problems: [], cron: checked }, undefined)
  const wrong = { ...checked, valid: false, errorPosition: 4 }
  const preview = readPreview(
    valid,
    { ...draft, cron: '30 25 * * *' },
    { times: null, problems: null, cron: wrong },
    refusal,
  )

  expect(preview).toMatchObject({ status: 'invalid', last: valid.last, cronPosition: 4 })
  expect(preview.problems[0]).toMatchObject({ field: 'cron_expression', code: 'AL001' })
})

test('a wrong setting elsewhere does not take the times away', () => {
  const preview = readPreview(before, draft, { times, problems: null, cron: checked }, refusal)

  expect(preview.status).toBe('valid')
  expect(preview.last?.times).toHaveLength(1)
  expect(preview.problems).toHaveLength(1)
})

test('warnings are passed on in the words of the database', () => {
  const warned = {
    ...checked,
    warnings: [{ code: 'either_day', message: 'A day that matches either counts.' }],
  }

  expect(readPreview(before, draft, { times, problems: [], cron: warned }, undefined).warnings).toEqual([
    'A day that matches either counts.',
  ])
})

test('everything that the database finds wrong is passed on', () => {
  const taken = { field: 'name', code: '23505', message: 'A schedule x already exists.', hint: null }

  expect(
    readPreview(before, draft, { times, problems: [taken], cron: checked }, undefined).problems,
  ).toMatchObject([{ field: 'name', code: '23505' }])
})
