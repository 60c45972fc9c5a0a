// @vitest-environment node
import { expect, test } from 'vitest'
import { placeholderOf, settingText, sourceInWords, type Execution } from './execution.ts'

const execution: Execution = {
  maxAttempts: 7,
  maxAttemptsFrom: 'task',
  retryDelay: { seconds: 5 },
  retryDelayFrom: 'almanac',
  retryBackoff: '1.5',
  retryBackoffFrom: 'schedule',
  retryCeiling: { hours: 1 },
  retryCeilingFrom: 'almanac',
  timeout: null,
  timeoutFrom: 'almanac',
}

test('an empty field says what holds instead, and who says so', () => {
  expect(placeholderOf(execution, 'maxAttempts')).toBe('7 (task’s default)')
  expect(placeholderOf(execution, 'retryDelay')).toBe('5 seconds (default)')
  expect(placeholderOf(execution, 'timeout')).toBe('No limit (default)')
  expect(placeholderOf(undefined, 'timeout')).toBe('The default')
})

test('what the schedule itself says needs no source', () => {
  expect(settingText(execution, 'retryBackoff')).toBe('1.5')
  expect(sourceInWords('schedule')).toBeNull()
})
