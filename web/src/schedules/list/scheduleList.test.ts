// @vitest-environment node
import { expect, test } from 'vitest'
import { readSearch } from '../../address/params.ts'
import {
  isNarrowed,
  orderOf,
  scheduleFilter,
  scheduleListParams,
  allSchedules,
  shortSearch,
  sortedBy,
  widened,
} from './scheduleList.ts'

const search = allSchedules

test('what cannot be read in the address is as if it was not there', () => {
  expect(
    readSearch(scheduleListParams, { status: 'gone', kind: 7, sort: 'colour', descending: 'x', page: -3 })
      .search,
  ).toEqual(search)
  expect(readSearch(scheduleListParams, { q: 3, tag: 2026 }).search).toMatchObject({ q: '3', tag: '2026' })
})

test('the address holds only what is not as by default', () => {
  expect(shortSearch(search)).toEqual({})
  expect(shortSearch({ ...search, status: 'paused', tag: 'daily', descending: true, page: 2 })).toEqual({
    status: 'paused',
    tag: 'daily',
    descending: true,
    page: 2,
  })
})

test.each([
  ['name', false],
  ['next', false],
  ['last', true],
  ['total', true],
  ['failed', true],
] as const)(
  'the first click on %s has the largest or newest first: %s; the second turns it round',
  (sort, first) => {
    const once = sortedBy({ ...search, sort: 'by', page: 4 }, sort)

    expect(once).toMatchObject({ sort, descending: first, page: 1 })
    expect(sortedBy(once, sort).descending).toBe(!first)
  },
)

test('a schedule that never ran comes last in both directions', () => {
  expect(orderOf({ sort: 'last', descending: true })).toEqual(['LAST_RUN_DESC', 'ROW_ID_ASC'])
  expect(orderOf({ sort: 'last', descending: false })).toEqual(['LAST_RUN_ASC', 'ROW_ID_ASC'])
})

test('deleted schedules are left out unless asked for, and text is looked for in name and task', () => {
  expect(scheduleFilter({ ...search, q: ' roll ', status: 'active' })).toEqual({
    deletedAt: { isNull: true },
    status: { equalTo: 'active' },
    or: [{ name: { includesInsensitive: 'roll' } }, { taskIdentifier: { includesInsensitive: 'roll' } }],
  })
  expect(scheduleFilter({ ...search, status: 'deleted' })).toEqual({ deletedAt: { isNull: false } })
})

test('one that never ran and never will is not listed as completed', () => {
  const never = { firedRuns: { equalTo: '0' }, warning: { isNull: false } }

  expect(scheduleFilter({ ...search, status: 'never' })).toMatchObject({
    status: { equalTo: 'completed' },
    ...never,
  })
  expect(scheduleFilter({ ...search, status: 'completed' })).toMatchObject({
    status: { equalTo: 'completed' },
    not: never,
  })
})

test('kind, task, tag and creator narrow the list', () => {
  const narrowed = { ...search, kind: 'cron', task: 'send', tag: 'daily', by: 'ann' } as const

  expect(scheduleFilter(narrowed)).toEqual({
    deletedAt: { isNull: true },
    kind: { equalTo: 'cron' },
    taskIdentifier: { equalTo: 'send' },
    tags: { contains: ['daily'] },
    createdBy: { equalTo: 'ann' },
  })
  expect([isNarrowed(search), isNarrowed(narrowed), isNarrowed(widened(narrowed))]).toEqual([
    false,
    true,
    false,
  ])
})
