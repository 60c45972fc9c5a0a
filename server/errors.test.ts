import { GraphQLError } from 'postgraphile/graphql'
import { expect, it } from 'vitest'
import { createMaskError } from './errors.ts'

const refusal = (fields: object) => Object.assign(new Error('The database says no.'), fields)

function mask(originalError: Error) {
  const log: string[] = []
  const path = ['pause', 'result']
  const masked = createMaskError((level, message) => log.push(`${level}: ${message}`))(
    new GraphQLError(originalError.message, { originalError, path }),
  )
  expect(masked.path).toEqual(path)
  return { ...masked.toJSON(), log }
}

it.each(['AL001', '22003', '22007', '23505', '23514', '42501', '57014'])('%s is told to people', (code) => {
  const { message, extensions, log } = mask(
    refusal({ code, detail: 'so', hint: 'do', column: 'every', schema: 'secret' }),
  )

  expect(message).toBe('The database says no.')
  expect(extensions).toEqual({ code, detail: 'so', hint: 'do', field: 'every' })
  expect(log).toEqual([])
})

it.each(['XX000', '42P01', '42703', '40001', '53300', 'ECONNREFUSED'])('%s is for the log only', (code) => {
  const { message, extensions, log } = mask(refusal({ code, detail: 'secret' }))

  expect(message).not.toContain('database says')
  expect(Object.keys(extensions ?? {})).toEqual(['errorId'])
  expect(log).toHaveLength(1)
  expect(log[0]).toContain(`error: pause.result failed (${String(extensions?.['errorId'])})`)
  expect(log[0]).toContain('detail: secret')
})

it('a refusal is found behind the errors that wrap it', () => {
  expect(mask(new Error('wrapped', { cause: refusal({ code: 'AL007' }) })).extensions).toMatchObject({
    code: 'AL007',
  })
})

it.each([
  ['schedule_max_attempts_is_positive', 'max_attempts'],
  ['schedule_retry_delay_is_not_negative', 'retry_delay'],
  ['schedule_ends_after_it_starts', 'ends_at'],
  ['schedule_name_is_unique', 'name'],
  ['users_pkey', undefined],
])('constraint %s is about the field %s', (constraint, field) => {
  expect(mask(refusal({ code: '23514', constraint })).extensions?.['field']).toBe(field)
})
