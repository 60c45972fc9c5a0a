// @vitest-environment node
import { beforeAll, expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { slotRules } from './slotRules.ts'

const zone = 'Europe/Paris'
const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const now = paris('25T12:00')
const slot = (start: number, end: number | null = null, tag: string | null = null) => ({
  start,
  end,
  tag,
  lane: null,
})
beforeAll(loadTemporal)

test('a time becomes a run at it, or the rules that have it', () => {
  const rules = slotRules(slot(paris('26T09:30')), zone, now)

  expect(rules.map(({ name, cron, why }) => [name, cron, why])).toEqual([
    ['Once, Thu 26 Nov at 09:30', null, null],
    ['Every day at 09:30', '30 9 * * *', null],
    ['Monday to Friday at 09:30', '30 9 * * 1-5', null],
    ['Every Thursday at 09:30', '30 9 * * 4', null],
    ['Every month on the 26th at 09:30', '30 9 26 * *', null],
  ])
  expect(rules[0]?.search).toEqual({ zone, kind: 'once', at: '2026-11-26T09:30' })
  expect(rules[1]?.search).toEqual({ zone, kind: 'cron', cron: '30 9 * * *' })
})

test('at the weekend nothing is offered for weekdays, and Sunday is day 0', () => {
  const rules = slotRules(slot(paris('29T09:00')), zone, now)

  expect(rules.map(({ cron }) => cron)).toEqual([null, '0 9 * * *', '0 9 * * 0', '0 9 29 * *'])
})

test.each([
  ['09:00', '12:00', '0 9-11 * * *'],
  ['09:30', '12:00', '30 9-11 * * *'],
  ['09:30', '12:45', '30 9-12 * * *'],
  ['22:00', '24:00', '0 22-23 * * *'],
  ['09:00', '10:00', undefined],
])('of %s to %s every hour is %s', (from, to, cron) => {
  const end = to === '24:00' ? paris('27T00:00') : paris(`26T${to}`)

  const rules = slotRules(slot(paris(`26T${from}`), end), zone, now)

  expect(rules.find(({ name }) => name.startsWith('Every hour'))?.cron ?? undefined).toBe(cron)
})

test('a time that is over becomes a rule, not a single run', () => {
  const rules = slotRules(slot(paris('25T09:00')), zone, now)

  expect(rules.map(({ why }) => why)).toEqual(['This time is in the past', null, null, null, null])
})

test('an hour that the clock shows twice is told apart by its offset', () => {
  const second = Date.parse('2026-10-25T02:30+01:00')

  const [once] = slotRules(slot(second), zone, Date.parse('2026-10-01T00:00Z'))

  expect(once?.search.at).toBe('2026-10-25T02:30+01:00')
})

test('what is made on a lane has its tag', () => {
  for (const { search } of slotRules(slot(paris('26T09:00'), null, 'billing'), zone, now))
    expect(search.tag).toBe('billing')
})
