// @vitest-environment node
import { expect, test } from 'vitest'
import { nextLines } from './nextTen.ts'

const at = (hour: string) => `2027-03-01T${hour}:00:00+00:00`
const plain = (hour: string) => ({ scheduledFor: at(hour), dueAt: at(hour), note: null })

test('what is due at another time is marked, with the reason', () => {
  const upcoming = [plain('02'), { scheduledFor: at('03'), dueAt: at('07'), note: 'Moved manually.' }]

  expect(nextLines({ upcoming, skipped: [] })).toMatchObject([
    { at: at('02'), isElsewhere: false, note: null },
    { at: at('07'), isElsewhere: true, note: 'Moved manually.' },
  ])
})

test('what was skipped is at its time, but not after the last that is listed', () => {
  const skipped = [
    { scheduledFor: at('03'), reason: 'strike' },
    { scheduledFor: at('05'), reason: null },
  ]

  const lines = nextLines({ upcoming: [plain('02'), plain('04')], skipped })

  expect(lines.map((line) => [line.at, line.number])).toEqual([
    [at('02'), 1],
    [at('03'), null],
    [at('04'), 2],
  ])
  expect(lines[1]?.note).toBe('Skipped manually: strike')
})
