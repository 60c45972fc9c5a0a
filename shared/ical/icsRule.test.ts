// @vitest-environment node
import { Cron } from 'croner'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cronWindow, parseRule } from './icsRule.ts'
import { readOn } from './icsImport.ts'

const days = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']
const list = <Item>(from: fc.Arbitrary<Item>, maxLength = 3) =>
  fc.uniqueArray(from, { minLength: 1, maxLength }).map((items) => items.join(','))
const part = (name: string, value: fc.Arbitrary<string | number>) =>
  fc.option(
    value.map((text) => `${name}=${text}`),
    { nil: null, freq: 2 },
  )
const rules = fc
  .tuple(
    fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY').map((freq) => `FREQ=${freq}`),
    part('INTERVAL', fc.integer({ min: 1, max: 6 })),
    part(
      'BYDAY',
      list(
        fc
          .tuple(fc.constantFrom('', '', '2', '-1', '5'), fc.constantFrom(...days))
          .map((day) => day.join('')),
        5,
      ),
    ),
    part('BYMONTHDAY', list(fc.constantFrom(1, 13, 15, 29, 31, -1, -3))),
    part('BYMONTH', list(fc.integer({ min: 1, max: 12 }))),
    part('BYSETPOS', fc.constantFrom(1, 2, -1)),
    part('BYHOUR', list(fc.integer({ min: 6, max: 20 }))),
  )
  .map((parts) => parts.filter((each) => each !== null).join(';'))
const begins = fc.date({
  min: new Date('2024-01-01T06:00:00Z'),
  max: new Date('2025-12-31'),
  noInvalidDate: true,
})
const from = Date.UTC(2026, 0)
const until = Date.UTC(2028, 0)

/** croner takes LW and L-3 in no list, so these are asked for one by one. */
function datesOf(cron: string): string[] {
  const [minute, hour, monthDay = '*', month, weekday] = cron.split(' ')
  const each = /L/.test(monthDay) ? monthDay.split(',') : [monthDay]
  const found = each.flatMap((day) => {
    const rule = new Cron(`${minute} ${hour} ${/^L-\d+$/.test(day) ? '*' : day} ${month} ${weekday}`, {
      timezone: 'UTC',
    })
    const back = Number(/^L-(\d+)$/.exec(day)?.[1] ?? NaN)
    const dates: Date[] = []
    for (
      let at = rule.nextRun(new Date(from - 1));
      at !== null && at.getTime() < until;
      at = rule.nextRun(at)
    ) {
      const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate()
      if (Number.isNaN(back) || at.getUTCDate() === last - back) dates.push(at)
    }
    return dates
  })
  return [...new Set(found.map((at) => at.toISOString()))].sort()
}

test('a window is where its rule is', () => {
  let windows = 0
  fc.assert(
    fc.property(rules, begins, (text, begin) => {
      const rule = parseRule(text)!
      const start = Math.floor(begin.getTime() / 60_000) * 60_000
      const length = { days: 0, milliseconds: 60_000 }
      const window = cronWindow({ rule, start, isAllDay: false, length, now: from })
      if (window === null) return
      windows += 1
      const dtstart = new Date(start).toISOString().replace(/[-:]|\.000/g, '')
      const ics = `BEGIN:VEVENT\nDTSTART:${dtstart}\nDURATION:PT1M\nRRULE:${text}\nEND:VEVENT`
      const { entries } = readOn(ics, { timezone: 'UTC', from, until })

      expect(datesOf(window.cron_expression)).toEqual(
        entries.flatMap((entry) => ('starts_at' in entry ? [entry.starts_at] : [])),
      )
    }),
    { numRuns: 200 },
  )
  expect(windows).toBeGreaterThan(15)
}, 30_000)
