// @vitest-environment node
import { expect, test } from 'vitest'
import { mayTrigger } from './run.ts'

const own = { isSystem: false, mayChange: true, deletedAt: null }

test.each([
  ['one’s own', own, true, true],
  ['someone else’s', { ...own, mayChange: false }, false, false],
  ['one of Almanac’s', { ...own, isSystem: true, mayChange: false }, false, true],
  ['a deleted one', { ...own, deletedAt: '2026-11-25T13:37:08Z' }, false, false],
  ['none', null, false, false],
])('a schedule is triggered by who may: %s', (_, schedule, operator, admin) => {
  expect([false, true].map((isAdmin) => mayTrigger(schedule, isAdmin))).toEqual([operator, admin])
})
