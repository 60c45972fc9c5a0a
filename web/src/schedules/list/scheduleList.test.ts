// @vitest-environment node
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { scheduleFilter, scheduleListSearch, shortSearch, sortedBy } from './scheduleList.ts'

test('what cannot be read in the address is as if it was not there', () => {
  expect(v.parse(scheduleListSearch, { q: 3, status: 'gone', sort: 'colour', descending: 'x' })).toEqual({
    q: '',
    status: null,
    sort: 'name',
    descending: false,
  })
})

test('the address holds only what is not as by default', () => {
  const search = v.parse(scheduleListSearch, {})

  expect(shortSearch(search)).toEqual({})
  expect(shortSearch({ ...search, status: 'paused', descending: true })).toEqual({
    status: 'paused',
    descending: true,
  })
})

test('the same column again turns the order round, another starts over', () => {
  const search = v.parse(scheduleListSearch, {})

  expect(sortedBy(search, 'name').descending).toBe(true)
  expect(sortedBy({ ...search, descending: true }, 'next')).toMatchObject({ sort: 'next', descending: false })
})

test('deleted schedules are left out, and text is looked for in name and task', () => {
  expect(scheduleFilter({ q: ' roll ', status: 'active' })).toEqual({
    deletedAt: { isNull: true },
    status: { equalTo: 'active' },
    or: [{ name: { includesInsensitive: 'roll' } }, { taskIdentifier: { includesInsensitive: 'roll' } }],
  })
})
