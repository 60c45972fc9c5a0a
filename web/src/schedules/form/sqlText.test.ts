// @vitest-environment node
import { expect, test } from 'vitest'
import { definitionOf, emptyDraft } from './draft.ts'
import { scheduleSql } from './sqlText.ts'

const draft = { ...emptyDraft('Europe/Paris'), name: 'nightly', statement: "select 'a'", cron: '30 2 * * *' }

test('a cron schedule is a call of schedule_cron, with quotes doubled', () => {
  expect(scheduleSql(definitionOf(draft))).toBe(`select almanac.schedule_cron(
  'nightly', '30 2 * * *',
  'almanac:sql',
  '{"statement":"select ''a''"}',
  timezone => 'Europe/Paris');`)
})

test('what is not as by default goes into the settings', () => {
  const sql = scheduleSql(
    definitionOf({ ...draft, kind: 'interval', every: '1 hour', overlap: 'allow', timeout: '5 minutes' }),
  )

  expect(sql).toContain("select almanac.schedule_every(\n  'nightly', '1 hour',")
  expect(sql).toContain(`settings => '{"overlap_policy":"allow","timeout":"5 minutes"}');`)
})

test('calendars, their policy and jitter are settings too', () => {
  const sql = scheduleSql(
    definitionOf({ ...draft, jitter: '5 minutes', calendars: ['holidays'], exclusionPolicy: 'move' }),
  )

  expect(sql).toContain(
    `settings => '{"jitter":"5 minutes","calendars":["holidays"],"exclusion_policy":"move"}');`,
  )
})

test('a manual schedule is created by its columns', () => {
  expect(scheduleSql(definitionOf({ ...draft, kind: 'manual' }))).toContain('"kind":"manual"')
})
