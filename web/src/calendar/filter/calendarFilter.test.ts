import { expect, test } from 'vitest'
import { ofCalendar } from '../calendarSearch.ts'
import { calendarBucket, calendarRun } from '../items/calendarFactory.ts'
import {
  calendarArgs,
  filterParts,
  isNarrowed,
  narrowed,
  runFilterOf,
  scheduleFilterOf,
  widened,
} from './calendarFilter.ts'

const search = ofCalendar({
  q: 'in',
  tag: 'reports',
  task: 'send',
  by: 'ada',
  status: 'failed',
  schedule: 12,
})

test('an address is read once, and what it cannot mean is left out', () => {
  expect(search).toMatchObject({ q: 'in', tag: 'reports', schedule: '12', status: 'failed' })
  expect(ofCalendar({ status: 'broken', schedule: 'x', q: '', tag: 'a'.repeat(201), zone: 'Mars' })).toEqual(
    ofCalendar({}),
  )
})

test('calendar, lists of schedules and lists of runs are narrowed alike', () => {
  expect(calendarArgs(search)).toEqual({
    search: 'in',
    tags: ['reports'],
    task: 'send',
    creator: 'ada',
    scheduleIds: ['12'],
  })
  const schedule = {
    name: { includesInsensitive: 'in' },
    tags: { contains: ['reports'] },
    taskIdentifier: { equalTo: 'send' },
    createdBy: { equalTo: 'ada' },
    rowId: { equalTo: '12' },
  }
  expect(scheduleFilterOf(search)).toEqual(schedule)
  expect(runFilterOf(search)).toEqual({
    schedule_search: 'in',
    tag: 'reports',
    task: 'send',
    creator: 'ada',
    schedule_id: '12',
  })
  expect([calendarArgs({}), runFilterOf({})]).toEqual([{}, {}])
})

test('a filter is told in words, and taken away as a whole, without the zone', () => {
  expect(filterParts(search, 'invoices').map(({ name, value }) => `${name} ${value}`)).toEqual([
    'Name contains in',
    'Schedule invoices',
    'Tag reports',
    'Task send',
    'Creator ada',
    'Only failed',
  ])
  const wide = widened({ ...search, zone: 'UTC' })
  expect([isNarrowed(search), isNarrowed(wide), wide.zone]).toEqual([true, false, 'UTC'])
})

test('text and status narrow what is there', () => {
  const items = [
    calendarRun('Invoices', 0, 'failed'),
    calendarRun('Invoices', 0, 'succeeded'),
    calendarRun('sync', 0, 'timed_out'),
  ]
  const names = (filter: Parameters<typeof narrowed>[1]) =>
    narrowed(items, filter).map(({ scheduleName, status }) => `${scheduleName} ${status}`)

  expect(names({ q: 'INV' })).toEqual(['Invoices failed', 'Invoices succeeded'])
  expect(names({ status: 'failed' })).toEqual(['Invoices failed', 'sync timed_out'])
  expect(names({ q: 'inv', status: 'upcoming' })).toEqual([])
})

test('of counts, a status leaves its own', () => {
  const counts = { succeeded: 5, failed: 2, cancelled: 3, skipped: 1, upcoming: 1 }
  const bucket = calendarBucket('a', 0, counts)
  const paused = { ...bucket, scheduleStatus: 'paused' }
  const totals = (status: 'failed' | 'running' | 'skipped' | 'upcoming' | 'paused') =>
    narrowed([bucket, paused], { status }).map(({ total, failed, upcoming }) => [total, failed, upcoming])

  expect(totals('failed')).toEqual([
    [2, 2, 0],
    [2, 2, 0],
  ])
  expect(totals('running')).toEqual([])
  expect(totals('skipped')).toEqual([
    [4, 0, 0],
    [4, 0, 0],
  ])
  expect(totals('upcoming')).toEqual([[1, 0, 1]])
  expect(totals('paused')).toEqual([[1, 0, 1]])
})
