// @vitest-environment node
import { expect, test } from 'vitest'
import { ownProblem } from './ownProblem.ts'

const unreached = {
  message: 'Cannot reach the server.',
  code: 'network',
  detail: null,
  hint: 'Try again in a moment.',
  field: null,
}
const refused = { ...unreached, message: 'There is no such schedule.', code: 'AL001' }

test.each(['offline', 'lost', 'failing'] as const)(
  'what is there does not say a second time that the connection is %s',
  (state) => {
    expect(ownProblem(unreached, true, state)).toBeNull()
  },
)

test('what is not there says so, by the reason that the page gives', () => {
  expect(ownProblem(unreached, false, 'offline')?.message).toBe('Not loaded, as this device is offline.')
  expect(ownProblem(unreached, false, 'lost')).toBe(unreached)
})

test('a question alone that is not answered is told, and so is any refusal', () => {
  expect(ownProblem(unreached, true, 'live')).toBe(unreached)
  expect(ownProblem(refused, true, 'offline')).toBe(refused)
})
