// @vitest-environment node
import { expect, test } from 'vitest'
import { inZone, keepZone } from './keptZone.ts'

const next = (from: object, to: object) => keepZone({ search: from, next: () => to })

test('the next address keeps a zone, and no other parameter', () => {
  expect(next({ zone: 'Europe/Paris', tag: 'a' }, { q: 'x' })).toEqual({ zone: 'Europe/Paris', q: 'x' })
})

test('an address that names a zone, or that it has none, is left as it is', () => {
  expect(next({ zone: 'Europe/Paris' }, { zone: 'UTC' })).toEqual({ zone: 'UTC' })
  expect(next({ zone: 'Europe/Paris' }, { zone: undefined })).toEqual({ zone: undefined })
  expect(next({}, { q: 'x' })).toEqual({ q: 'x' })
})

test('what is not a zone is not kept', () => {
  expect(next({ zone: 'Mars' }, {})).toEqual({})
})

test('an address as text is put in a zone, unless it names one', () => {
  expect(inZone('/calendar/month?tag=a', 'Asia/Kolkata')).toBe('/calendar/month?zone=Asia/Kolkata&tag=a')
  expect(inZone('/calendar/month', 'UTC')).toBe('/calendar/month?zone=UTC')
  expect(inZone('/calendar/month?zone=UTC', 'Asia/Kolkata')).toBe('/calendar/month?zone=UTC')
  expect(inZone('/calendar/month', undefined)).toBe('/calendar/month')
})
