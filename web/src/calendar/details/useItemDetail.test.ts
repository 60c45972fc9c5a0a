// @vitest-environment node
import { expect, test } from 'vitest'
import { mayChangeItem } from './useItemDetail.ts'

const detail = (mayChange: boolean) => ({
  timeZone: null,
  rule: null,
  ruleText: null,
  isSystem: false,
  mayChange,
  error: null,
  progress: null,
  note: null,
  lastOutcomes: [],
})
const roles = {
  viewer: { canChange: false, isAdmin: false },
  operator: { canChange: true, isAdmin: false },
  admin: { canChange: true, isAdmin: true },
}

test.each([
  ['viewer', [false, false, false]],
  ['operator', [false, false, true]],
  ['admin', [true, true, true]],
] as const)('a %s changes what the database says', (role, expected) => {
  const details = [null, detail(false), detail(true)]

  expect(details.map((each) => mayChangeItem(roles[role], each))).toEqual(expected)
})
