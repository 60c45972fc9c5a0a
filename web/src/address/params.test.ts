// @vitest-environment node
import { expect, test } from 'vitest'
import { calendarParams } from '../calendar/calendarSearch.ts'
import { calendarPlace } from '../calendar/calendarPlace.ts'
import { runListParams } from '../runs/runList.ts'
import { newScheduleParams } from '../schedules/form/newScheduleSearch.ts'
import { scheduleListParams } from '../schedules/list/scheduleList.ts'
import { scheduleParams } from '../schedules/page/scheduleSearch.ts'
import { loadTemporal } from '../time/temporal.ts'
import { jobParams } from '../workers/jobs/job.ts'
import { readSearch, type Params } from './params.ts'

await loadTemporal()

const pages = {
  calendar: calendarParams,
  runs: runListParams,
  schedules: scheduleListParams,
  schedule: scheduleParams,
  'new schedule': newScheduleParams,
  jobs: jobParams,
} satisfies Record<string, Params>

/** What no parameter of any page can mean. */
const wrong = 'x'.repeat(201)

test.each(
  Object.entries(pages).flatMap(([page, params]) => Object.keys(params).map((name) => [page, name] as const)),
)('of %s, a wrong %s is told, left out and as if it was not there', (page, name) => {
  const params: Params = pages[page as keyof typeof pages]

  const { search, faults, right } = readSearch(params, { zone: 'UTC', [name]: wrong })

  expect(faults).toEqual([expect.stringMatching(/^“x{60}…” is not (a|an|the|true) .+; .+\.$/)])
  expect(search[name]).toBe(params[name]?.none)
  expect(right).toEqual(name === 'zone' ? {} : { zone: 'UTC' })
})

test.each(Object.entries(pages))(
  'of %s, a parameter that it does not have is told, and left out',
  (_, params) => {
    expect(readSearch(params, { zone: 'UTC', stat: 'failed', constructor: 'x' })).toMatchObject({
      faults: [
        '“stat” is not a parameter of this page; it was left out.',
        '“constructor” is not a parameter of this page; it was left out.',
      ],
      right: { zone: 'UTC' },
    })
  },
)

test('one that is there twice, or empty, is not guessed at', () => {
  expect(readSearch(calendarParams, { tag: ['a', 'b'] }).faults).toEqual([
    '“a, b” is not a tag of at most 200 characters; showing all tags.',
  ])
  expect(readSearch(calendarParams, { tag: '', q: '' })).toMatchObject({
    faults: [],
    search: { tag: undefined },
  })
})

test('a byte that the database has no text with is not asked for', () => {
  expect(readSearch(calendarParams, { tag: 'a\0' }).search.tag).toBeUndefined()
})

test('words tell which there are', () => {
  expect(readSearch(scheduleListParams, { sort: 'color', page: '0' }).faults).toEqual([
    '“color” is not a column to sort by (name, by, next, last, total, failed); sorted by name.',
    '“0” is not a page from 1 to 100,000; showing the first.',
  ])
})

test('what an address says is read as what it means, and so is what a page puts there', () => {
  expect(readSearch(scheduleListParams, { descending: 'true', page: '2', q: '7' }).search).toMatchObject({
    descending: true,
    page: 2,
    q: '7',
  })
  expect(readSearch(scheduleListParams, { descending: true, page: 2, q: 7 })).toMatchObject({
    faults: [],
    search: { descending: true, page: 2, q: '7' },
  })
})

test('a day that no month has, and a place that is none, are not asked for', () => {
  expect(
    readSearch(runListParams, { from: '2026-02-31', to: '9999-12-31', after: 'WyJh' }).faults,
  ).toHaveLength(3)
  expect(readSearch(runListParams, { after: '2026-11-25T12:00:00.000000Z/5' }).faults).toEqual([])
})

test.each([
  ['week', '2026-13-45', ['“2026-13-45” is not a date; showing this week.']],
  ['year', '2026', ['“2026” is not a date; showing this year.']],
  ['day', '9999-12-31', ['“9999-12-31” is too far away; showing today. The years 2 to 9998 can be shown.']],
  ['weak', '2026-11-30', ['“weak” is not a view (day, week, month, agenda, year, lanes); showing the week.']],
  ['lanes', undefined, []],
])('of a path with %s and %s', (view, date, faults) => {
  expect(calendarPlace(view, date).faults).toEqual(faults)
})
