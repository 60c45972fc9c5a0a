// @vitest-environment node
import { expect, test } from 'vitest'
import { isPage } from './paths.ts'

test.each([
  '/',
  '/calendar',
  '/calendar/week',
  '/calendar/month/2026-11-21',
  '/schedules/new',
  '/schedules/12/edit',
  '/runs/7',
  '/workers/',
  '/sign-in',
])('%s is a page', (path) => {
  expect(isPage(path)).toBe(true)
})

test.each([
  '/readyz',
  '/metrics',
  '/health',
  '/calendar/week/2026-11-21/x',
  '/runs/7/x',
  '/Workers',
  '//',
  '/schedules//edit',
])('%s is none', (path) => {
  expect(isPage(path)).toBe(false)
})
