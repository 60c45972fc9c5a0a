// @vitest-environment node
import { expect, test } from 'vitest'
import { gapText, mergeHistory, type Gap } from './history.ts'

const run = (rowId: string, scheduledFor: string) => ({ rowId, scheduledFor: `2026-11-${scheduledFor}:00Z` })
const gap = (rowId: string, first: string, last: string, own: Partial<Gap> = {}): Gap => ({
  rowId,
  first: `2026-11-${first}:00Z`,
  last: `2026-11-${last}:00Z`,
  reason: 'missed',
  count: 3,
  ...own,
})
const whole = <Row>(...rows: Row[]) => ({ rows, isCut: false })
const cut = <Row>(...rows: Row[]) => ({ rows, isCut: true })
const keys = (entries: readonly { key: string }[]) => entries.map(({ key }) => key)

test('gaps stand between the runs, in order of time', () => {
  expect(
    keys(
      mergeHistory(
        whole(run('9', '25T09:00'), run('8', '20T09:00'), run('7', '19T09:00')),
        whole(gap('2', '26T09:00', '27T09:00'), gap('1', '21T09:00', '24T09:00')),
      ),
    ),
  ).toEqual(['gap 2', '9', 'gap 1', '8', '7'])
})

test('what is older than all that is known of the other kind is left out, because something may be missing before it', () => {
  expect(
    keys(
      mergeHistory(
        cut(run('9', '25T09:00'), run('8', '20T09:00')),
        whole(gap('2', '21T09:00', '24T09:00'), gap('1', '01T09:00', '19T09:00')),
      ),
    ),
  ).toEqual(['9', 'gap 2', '8'])
  expect(keys(mergeHistory(whole(run('8', '20T09:00')), cut(gap('2', '21T09:00', '24T09:00'))))).toEqual([
    'gap 2',
  ])
  expect(mergeHistory(whole<ReturnType<typeof run>>(), whole())).toEqual([])
})

test('a gap says how many and why', () => {
  expect(gapText(gap('1', '21T09:00', '24T09:00', { count: 1440 }))).toBe(
    '1,440 occurrences did not run: no worker fired it in time',
  )
  expect(gapText(gap('1', '21T09:00', '21T09:00', { count: 1, reason: 'excluded' }))).toBe(
    '1 occurrence did not run: excluded by a calendar',
  )
})
