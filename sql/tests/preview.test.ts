import { expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

const notes = async (definition: object) =>
  (
    await db.query<{ note: string | null }>(`select note from almanac.preview($1, 3)`, [
      { timezone: 'Europe/Paris', ...definition },
    ])
  ).map((row) => row.note)
const GAP = '02:30 does not exist that day: clocks go forward, so it runs at 03:30.'

it.each([
  [
    'cron',
    { kind: 'cron', cron_expression: '30 2 * * *', starts_at: '2100-03-27T00:00:00Z' },
    [null, GAP, null],
  ],
  ['days', { kind: 'interval', every: '1 day', starts_at: '2100-03-27T01:30:00Z' }, [null, GAP, null]],
  ['weeks', { kind: 'interval', every: '7 days', starts_at: '2100-03-21T01:30:00Z' }, [null, GAP, null]],
  ['months', { kind: 'interval', every: '1 month', starts_at: '2100-02-28T01:30:00Z' }, [null, GAP, null]],
  [
    'half an hour',
    { kind: 'interval', every: '1 day', starts_at: '2100-10-01T15:45:00Z', timezone: 'Australia/Lord_Howe' },
    [null, '02:15 does not exist that day: clocks go forward, so it runs at 02:45.', null],
  ],
])('what the clock skips is told: %s', async (_, definition, expected) => {
  expect(await notes(definition)).toEqual(expected)
})

it.each([
  ['elapsed time', { kind: 'interval', every: '24 hours', starts_at: '2100-03-27T01:30:00Z' }],
  [
    'a time right after the gap, by cron',
    { kind: 'cron', cron_expression: '30 3 * * *', starts_at: '2100-03-27T00:00:00Z' },
  ],
  ['by an interval', { kind: 'interval', every: '1 day', starts_at: '2100-03-27T02:30:00Z' }],
  [
    'a rule that runs through',
    { kind: 'cron', cron_expression: '30 * * * *', starts_at: '2100-03-28T00:00:00Z' },
  ],
  ['a single time', { kind: 'once', run_at: '2100-03-28T01:30:00Z' }],
])('what is not moved by the clock has no note: %s', async (_, definition) => {
  expect((await notes(definition)).every((note) => note === null)).toBe(true)
})

it('upcoming lists a saved schedule as preview does, clock changes included', async () => {
  await db.query(
    `select almanac.schedule_cron('seen', '30 2 * * *', 'almanac:noop', timezone => 'Europe/Paris',
       settings => '{"starts_at": "2100-03-27T00:00:00Z"}'),
       almanac.skip_occurrence('seen', '2100-03-27T01:30:00Z'),
       almanac.move_occurrence('seen', '2100-03-29T00:30:00Z', '2100-03-29T09:00:00Z')`,
  )
  const columns = 'local_time, utc_offset, note'

  const listed = await db.query(`select ${columns} from almanac.upcoming('seen', max_count => 3)`)

  expect(listed).toEqual([
    { local_time: '2100-03-28T03:30:00', utc_offset: '+02:00', note: GAP },
    {
      local_time: '2100-03-29T11:00:00',
      utc_offset: '+02:00',
      note: 'Moved manually from 2100-03-29 02:30.',
    },
    { local_time: '2100-03-30T02:30:00', utc_offset: '+02:00', note: null },
  ])
  expect(
    await db.query(
      `select ${columns} from almanac.preview(jsonb_build_object('id', (select id from almanac.schedules where name = 'seen')), 3)`,
    ),
  ).toEqual(listed)
})
