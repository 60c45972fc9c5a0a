// @vitest-environment node
import { expect, test } from 'vitest'
import {
  emptyOf,
  payloadFields,
  payloadIn,
  pointerOf,
  valueAt,
  withValueAt,
  type PayloadField,
} from './payloadFields.ts'

const brief = (field: PayloadField): string =>
  `${field.label}${field.isRequired ? '*' : ''} ${field.is}${
    field.is === 'object'
      ? `(${field.fields.map(brief).join(', ')})`
      : field.is === 'list'
        ? `(${field.item.is})`
        : field.is === 'choice'
          ? `(${field.choices.map((choice) => JSON.stringify(choice)).join('|')})`
          : ''
  }`

test('a schema is fields with labels, choices, nested objects and lists', () => {
  expect(
    payloadFields({
      type: 'object',
      required: ['team'],
      properties: {
        team: { type: 'string', title: 'Team', description: 'Whose it is.' },
        copies: { type: 'integer', default: 1 },
        loud: { type: 'boolean' },
        level: { enum: ['low', 'high'] },
        to: { type: 'array', items: { $ref: '#/$defs/mail' } },
        at: { type: 'object', properties: { place: { type: 'string' } } },
        body: {},
      },
      $defs: { mail: { type: 'string', format: 'email' } },
    }).map(brief),
  ).toEqual([
    'Team* text',
    'copies number',
    'loud boolean',
    'level choice("low"|"high")',
    'to list(text)',
    'at object(place text)',
    'body other',
  ])
})

test('fields stand in the order that the schema names, then the required ones, then the others', () => {
  const properties = { a: {}, cc: {}, to: {}, subject: {} }
  const order = (schema: object) => payloadFields({ properties, ...schema }).map(({ name }) => name)

  expect(order({})).toEqual(['a', 'cc', 'to', 'subject'])
  expect(order({ required: ['to', 'subject'] })).toEqual(['to', 'subject', 'a', 'cc'])
  expect(order({ 'x-order': ['subject', 'cc', 'gone', 7], required: ['to', 'subject'] })).toEqual([
    'subject',
    'cc',
    'to',
    'a',
  ])
  expect(order({ 'x-order': 'a', required: ['toString'] })).toEqual(['a', 'cc', 'to', 'subject'])
})

test('a schema that refers to itself ends', () => {
  const [field] = payloadFields({
    properties: { next: { $ref: '#/$defs/node' } },
    $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
  })

  expect(brief(field!)).toMatch(/other\)+$/)
  expect(payloadFields({ $ref: '#' })).toEqual([])
})

test.each([null, 5, true, [], {}, { properties: 5 }])('%j is not a form', (schema) => {
  expect(payloadFields(schema)).toEqual([])
})

test('what is changed at a place leaves all else as it is', () => {
  const payload = { team: 'sales', to: ['a', 'b'], extra: { kept: true } }

  expect(withValueAt(payload, ['to', 1], 'c')).toEqual({ ...payload, to: ['a', 'c'] })
  expect(withValueAt(payload, ['to', 0], undefined)).toEqual({ ...payload, to: ['b'] })
  expect(withValueAt(payload, ['team'], undefined)).toEqual({ to: ['a', 'b'], extra: { kept: true } })
  expect(withValueAt(payload, ['at', 'place'], 'x')).toEqual({ ...payload, at: { place: 'x' } })
  expect(payload.to).toEqual(['a', 'b'])
  expect(valueAt(payload, ['to', 1])).toBe('b')
  expect(valueAt(payload, ['to', 1, 'x'])).toBeUndefined()
  expect(valueAt(payload, ['constructor'])).toBeUndefined()
  expect(JSON.stringify(withValueAt({}, ['__proto__', 'a'], 1))).toBe('{"__proto__":{"a":1}}')
})

test('a text that is not a JSON object is not a payload', () => {
  expect(payloadIn('')).toEqual({})
  expect(payloadIn('{"a": 1}')).toEqual({ a: 1 })
  expect(payloadIn('{')).toBeNull()
  expect(payloadIn('[1]')).toBeNull()
})

test('a new item is what its schema says, and a place is named as the database does', () => {
  const [list] = payloadFields({
    properties: { a: { type: 'array', items: { type: 'number', default: 7 } } },
  })

  expect(list?.is === 'list' && emptyOf(list.item)).toBe(7)
  expect(pointerOf(['to', 1, 'a/b~c'])).toBe('/to/1/a~1b~0c')
})
