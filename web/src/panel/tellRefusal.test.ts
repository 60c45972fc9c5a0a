import { notifications } from '@mantine/notifications'
import { afterEach, expect, test, vi } from 'vitest'
import { tellRefusal } from './tellRefusal.ts'

const show = vi.spyOn(notifications, 'show')
afterEach(() => show.mockClear())
const refused = { message: 'It belongs to bo.', code: 'AL011', detail: null, hint: 'Ask bo.', field: null }

test('a refusal is told with what to do, after what was refused where that is said', () => {
  expect(tellRefusal(refused)).toBe(true)
  expect(tellRefusal(refused, 'Could not move nightly')).toBe(true)

  expect(show.mock.calls.map(([{ color, message }]) => [color, message])).toEqual([
    ['red', 'It belongs to bo. Ask bo.'],
    ['red', 'Could not move nightly: It belongs to bo. Ask bo.'],
  ])
})

test.each([null, undefined])('where nothing was refused nothing is told: %s', (none) => {
  expect(tellRefusal(none)).toBe(false)
  expect(show).not.toHaveBeenCalled()
})
