import { expect, test } from 'vitest'
import { withOrder } from './payloadOrder.ts'

const pair = { zeta: { type: 'string' }, a: true }
const ordered = { properties: pair, 'x-order': ['zeta', 'a'] }

test('the order in which properties are written stands next to them', () => {
  expect(withOrder({ type: 'object', properties: pair })).toEqual({ type: 'object', ...ordered })
})

test.each([
  ['in a property', { properties: { one: { properties: pair } } }, { properties: { one: ordered } }],
  ['in a list', { items: { properties: pair } }, { items: ordered }],
  ['in parts of a list', { prefixItems: [{ properties: pair }, true] }, { prefixItems: [ordered, true] }],
  ['in alternatives', { oneOf: [{ properties: pair }] }, { oneOf: [ordered] }],
  ['in a condition', { if: true, then: { properties: pair } }, { if: true, then: ordered }],
  ['in definitions', { $defs: { one: { properties: pair } } }, { $defs: { one: ordered } }],
  [
    'by a pattern',
    { patternProperties: { '^x': { properties: pair } } },
    { patternProperties: { '^x': ordered } },
  ],
])('so it does %s', (_where, schema, expected) => {
  expect(withOrder(schema)).toEqual(expected)
})

test.each([
  ['that has an order', { properties: pair, 'x-order': ['a'] }],
  ['of one property', { properties: { only: true } }],
  ['that is a boolean', true],
  ['that is none', undefined],
  [
    'with values that look like one',
    { default: { properties: pair }, enum: [{ properties: pair }], examples: [{ properties: pair }] },
  ],
  ['that is malformed', { properties: ['a', 'b'], items: 'x', $defs: null }],
])('a schema %s stays as it is', (_which, schema) => {
  expect(withOrder(schema)).toEqual(schema)
})
