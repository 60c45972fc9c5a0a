import { beforeAll, describe, expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { calendarBucket, calendarItem, calendarOmission, calendarRun } from './calendarFactory.ts'
import { livePart, patchItems } from './calendarPatch.ts'
import type { CalendarItem } from './calendarItem.ts'

beforeAll(loadTemporal)

const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const own = (item: CalendarItem, scheduleId: string): CalendarItem => ({ ...item, scheduleId })
const names = (items: readonly CalendarItem[]) => items.map((item) => `${item.scheduleName} ${item.kind}`)

describe('a patch', () => {
  test('takes the place of what its schedules had in its part of the window, and of nothing else', () => {
    const items = [
      own(calendarRun('mine, yesterday', paris('24T09:00'), 'succeeded'), '1'),
      own(calendarBucket('mine, until midnight', paris('24T23:00'), { succeeded: 4 }), '1'),
      own(calendarOmission('mine, into today', paris('24T20:00'), paris('25T02:00'), 3), '1'),
      own(calendarItem({ scheduleName: 'mine, today', startsAt: paris('25T09:00') }), '1'),
      own(calendarItem({ scheduleName: 'other', startsAt: paris('25T10:00') }), '2'),
      own(calendarItem({ scheduleName: 'mine, tomorrow', startsAt: paris('26T00:00') }), '1'),
    ]

    const patched = patchItems(items, {
      schedules: new Set(['1']),
      start: paris('25T00:00'),
      end: paris('26T00:00'),
      items: [own(calendarRun('mine, now', paris('25T09:00'), 'running'), '1')],
    })

    expect(names(patched)).toEqual([
      'mine, yesterday run',
      'mine, until midnight bucket',
      'mine, now run',
      'other occurrence',
      'mine, tomorrow occurrence',
    ])
  })
})

describe('the days that runs can change', () => {
  const part = (
    items: readonly CalendarItem[],
    now = paris('25T14:00'),
    [start, end] = ['23T00:00', '30T00:00'],
  ) => {
    const found = livePart({
      items,
      schedules: new Set(['1']),
      start: paris(start),
      end: paris(end),
      timeZone: 'Europe/Paris',
      now,
    })
    return found && [new Date(found.start).toISOString(), new Date(found.end).toISOString()]
  }

  test('are today alone where all before is final', () => {
    const items = [
      own(calendarRun('a', paris('23T09:00'), 'failed'), '1'),
      own(calendarItem({ startsAt: paris('27T09:00') }), '1'),
      own(calendarRun('other', paris('23T10:00'), 'running'), '2'),
    ]

    expect(part(items)).toEqual(['2026-11-24T23:00:00.000Z', '2026-11-25T23:00:00.000Z'])
  })

  test.each([
    ['a run that is running', calendarRun('a', paris('23T09:00'), 'running')],
    ['an occurrence that is overdue', calendarItem({ startsAt: paris('23T09:00') })],
    ['counts with unfinished ones', calendarBucket('a', paris('23T09:00'), { succeeded: 3, running: 1 })],
  ])('go back to %s', (_, item) => {
    expect(part([own(item, '1')])).toEqual(['2026-11-22T23:00:00.000Z', '2026-11-25T23:00:00.000Z'])
  })

  test('are none in a window that is over and quiet, or has not begun', () => {
    expect(part([], paris('30T00:00'))).toBeNull()
    expect(part([own(calendarRun('a', paris('29T09:00'), 'succeeded'), '1')], paris('30T09:00'))).toBeNull()
    expect(part([own(calendarItem({ startsAt: paris('25T09:00') }), '1')], paris('22T23:59'))).toBeNull()
  })

  test('are those of a window that is over up to its end, while something in it is running', () => {
    expect(part([own(calendarRun('a', paris('29T23:00'), 'running'), '1')], paris('30T09:00'))).toEqual([
      '2026-11-28T23:00:00.000Z',
      '2026-11-29T23:00:00.000Z',
    ])
  })
})
