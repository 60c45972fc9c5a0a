import { expect, test } from 'vitest'
import { whyNotChange, whyNotRun } from './rights.ts'

const admin = { canChange: true, isAdmin: true }
const operator = { canChange: true, isAdmin: false }
const viewer = { canChange: false, isAdmin: false }
const own = { isSystem: false, mayChange: true, owner: 'olga' }
const others = { isSystem: false, mayChange: false, owner: 'dana' }
const system = { isSystem: true, mayChange: false, owner: 'almanac_owner' }

test('a schedule is changed and run by its owner and admins', () => {
  for (const why of [whyNotChange, whyNotRun]) {
    expect(why(own, operator)).toBeNull()
    expect(why({ ...others, mayChange: true }, admin)).toBeNull()
    expect(why(others, operator)).toBe('It belongs to dana. Only dana and admins can change it.')
    expect(why(others, viewer)).toMatch(/^Viewers/)
  }
})

test('a system schedule is changed by no one, and run by admins', () => {
  expect(whyNotChange(system, admin)).toBe('It is a system schedule, which no one can change.')
  expect(whyNotRun(system, admin)).toBeNull()
  expect(whyNotRun(system, operator)).toBe('It is a system schedule, which only admins can run.')
  expect(whyNotRun(system, viewer)).toMatch(/^Viewers/)
})

test('what is not known keeps only viewers from trying', () => {
  expect(whyNotChange(null, operator)).toBeNull()
  expect(whyNotChange(null, viewer)).toMatch(/^Viewers/)
})
