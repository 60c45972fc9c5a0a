// @vitest-environment node
import { expect, test } from 'vitest'
import { busiest, busyWeek } from './busyModel.ts'

const hour = 3_600_000
const at = (weekday: number, hourOfDay: number, runTime: number) => ({
  weekday,
  hour: hourOfDay,
  occurrences: 1,
  unmeasured: 0,
  runTime,
})

test('every hour of the week has a cell, by weekday', () => {
  const week = busyWeek([at(1, 0, hour), at(7, 23, hour / 2)], 7)

  expect(week.map((cells) => cells.length)).toEqual([24, 24, 24, 24, 24, 24, 24])
  expect([week[0]?.[0]?.load, week[6]?.[23]?.load, week[3]?.[12]?.load]).toEqual([1, 0.5, 0])
})

test('the level is next to the busiest hour, and any work more than none', () => {
  const week = busyWeek([at(1, 0, 100), at(1, 1, 1), at(1, 2, 50)], 7)

  expect(week[0]?.slice(0, 4).map(({ level }) => level)).toEqual([4, 1, 2, 0])
})

test('of two weeks an hour has the average', () => {
  expect(busyWeek([at(1, 0, 3 * hour)], 14)[0]?.[0]?.load).toBe(1.5)
})

test('the busiest hour is the one with most to run; there is none where no duration is known', () => {
  expect(busiest(busyWeek([at(1, 0, 100), at(5, 3, 200)], 7))).toMatchObject({ weekday: 5, hour: 3 })
  expect(busiest(busyWeek([at(1, 0, 0)], 7))).toBeNull()
})
