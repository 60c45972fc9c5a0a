// @vitest-environment node
import { readSearch } from '../../address/params.ts'
import { expect, test } from 'vitest'
import { emptyDraft } from './draft.ts'
import { preparedDraft } from './newSchedule.ts'
import { newScheduleParams } from './newScheduleSearch.ts'

const zone = 'Europe/Paris'
const prepared = (search: Record<string, unknown>) =>
  preparedDraft(zone, readSearch(newScheduleParams, search).search)

test('the form starts as its address says', () => {
  expect(prepared({ kind: 'once', at: '2026-11-26T09:30', tag: 'billing' })).toEqual({
    ...emptyDraft(zone),
    kind: 'once',
    runAt: '2026-11-26T09:30',
    tags: ['billing'],
  })
  expect(prepared({ kind: 'cron', cron: '30 9 * * 1-5' })).toEqual({
    ...emptyDraft(zone),
    cron: '30 9 * * 1-5',
  })
})

test('an address that says nothing, or nonsense, starts an empty one', () => {
  expect(prepared({})).toEqual(emptyDraft(zone))
  expect(prepared({ kind: 'never', cron: 7, at: 'x'.repeat(1000) })).toEqual(emptyDraft(zone))
})

test('the task at first is one that may be used', () => {
  const tasks = (mayUse: boolean) => [
    { identifier: 'report', mayUse: false },
    { identifier: emptyDraft(zone).task, mayUse },
    { identifier: 'greet', mayUse: true },
  ]

  expect([true, false].map((mayUse) => preparedDraft(zone, {}, tasks(mayUse)).task)).toEqual([
    emptyDraft(zone).task,
    'greet',
  ])
})

test('a tag that looks like a number is one all the same', () => {
  expect(prepared({ tag: 2026 }).tags).toEqual(['2026'])
})
