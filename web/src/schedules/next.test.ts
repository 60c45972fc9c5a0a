// @vitest-environment node
import { expect, test } from 'vitest'
import { nextOf } from './next.ts'

const at = '2028-12-03T03:00:00Z'
const active = { blockedBecause: null, kind: 'cron', status: 'active', nextRunAt: at, warning: null }

test('a time at which the engine looks again is not one at which a schedule runs', () => {
  expect(nextOf(active)).toEqual({ is: 'due', at })
  expect(nextOf({ ...active, warning: 'Its calendars exclude every time.' })).toEqual({
    is: 'never',
    why: 'Its calendars exclude every time.',
  })
})

test.each([
  [{ status: 'paused' }, 'Paused'],
  [{ status: 'completed', nextRunAt: null }, 'Completed'],
  [{ kind: 'manual', nextRunAt: null }, 'When triggered'],
  [{ deletedAt: at }, 'Deleted'],
])('of %j no time is expected: %s', (own, text) => {
  expect(nextOf({ ...active, ...own })).toEqual({ is: 'none', text })
})
