import { expect, test, vi } from 'vitest'
import type { Client } from 'urql'
import { calendarItem, calendarRun } from '../calendar/items/calendarFactory.ts'
import { matching, scheduleQuestion } from './command.ts'
import { subjectCommands } from './subjectCommands.ts'

test('a verb and part of a name ask for schedules to do it with', () => {
  expect(scheduleQuestion('nightly')).toEqual({ verb: 'open', name: 'nightly' })
  expect(scheduleQuestion('Pause nightly rollup')).toEqual({ verb: 'pause', name: 'nightly rollup' })
  expect(scheduleQuestion('pause')).toEqual({ verb: 'open', name: 'pause' })
})

test('a command is found by all words of its label and group, in any order', () => {
  const commands = ['Calendar: week', 'Calendar: day', 'Runs'].map((label) => ({
    id: label,
    group: 'Go to',
    label,
    run: () => undefined,
  }))

  expect(matching(commands, 'week cal').map(({ label }) => label)).toEqual(['Calendar: week'])
  expect(matching(commands, 'go').length).toBe(3)
  expect(matching(commands, '').length).toBe(3)
})

const changes = {
  occurrence: vi.fn(() => Promise.resolve(null)),
  following: vi.fn(),
  split: vi.fn(),
  pause: vi.fn(),
  resume: vi.fn(),
}
const around = { client: {} as Client, timeZone: 'UTC', go: vi.fn() }
const labels = (item: Parameters<typeof subjectCommands>[0]['item'], may = { change: true, run: true }) =>
  subjectCommands({ item, changes, may }, around).map(({ label }) => label)

test('what can be done with the selected occurrence depends on what it is', () => {
  const future = Date.parse('2100-01-01T00:00Z')

  expect(labels(calendarItem({ startsAt: future }))).toEqual([
    'Skip',
    'Trigger now',
    'Pause',
    'Edit schedule',
    'Open schedule',
  ])
  expect(labels(calendarRun('nightly', 0, 'failed'))).toEqual([
    'Trigger now',
    'Pause',
    'Edit schedule',
    'Open schedule',
    'Open run',
  ])
  expect(labels(calendarItem({ startsAt: future, scheduleStatus: 'paused' }))).toContain('Resume')
  expect(labels(calendarItem({ startsAt: future }), { change: false, run: false })).toEqual(['Open schedule'])
  expect(labels(calendarItem({ startsAt: future }), { change: false, run: true })).toEqual([
    'Trigger now',
    'Open schedule',
  ])
})

test('the selected occurrence is skipped', () => {
  const item = calendarItem({ startsAt: Date.parse('2100-01-01T00:00Z') })
  subjectCommands({ item, changes, may: { change: true, run: true } }, around)[0]?.run()

  expect(changes.occurrence).toHaveBeenCalledWith(item, { do: 'skip' })
})
