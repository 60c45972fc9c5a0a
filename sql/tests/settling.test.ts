import type { ClientBase } from 'pg'
import { beforeAll, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { installClock } from './simulation/clock.ts'

const db = useTestDatabase()
beforeAll(async () => {
  await installClock(db)
})

const DAY = '2100-01-04'
const every = (client: ClientBase, interval: string, settings: Record<string, unknown> = {}) =>
  client.query(`select almanac.schedule_every('x', $1, 'almanac:noop', settings => $2)`, [
    interval,
    { starts_at: `${DAY} 10:00Z`, overlap_policy: 'allow', ...settings },
  ])
const off = async (client: ClientBase, from: string, to: string) => {
  await client.query(`select almanac.create_calendar('off')`)
  await client.query(`select almanac.exclude_range('off', $1, $2)`, [from, to])
}
const move = (client: ClientBase, from: string, to: string) =>
  client.query(`select almanac.move_occurrence('x', $1, $2)`, [`${DAY} ${from}Z`, `${DAY} ${to}Z`])
const fire = async (client: ClientBase, time: string) =>
  (
    await client.query<{ fired: number; more: boolean }>(
      `select fired, coalesce(next_due <= $1, false) as more from almanac_private.fire_due($1)`,
      [`${DAY} ${time}Z`],
    )
  ).rows[0]!
/** "10:00 queued", "10:00-10:20 missed 3": all that has its outcome. */
const ledger = async (client: ClientBase) =>
  (
    await client.query<{ entry: string }>(
      `select entry from (
         select scheduled_for as at, to_char(scheduled_for, 'HH24:MI ') || status as entry from almanac.runs
         union all
         select lower(during), to_char(lower(during), 'HH24:MI-') || to_char(upper(during), 'HH24:MI ') || reason || ' ' || count from almanac.omissions
       ) l order by at`,
    )
  ).rows.map((row) => row.entry)

it('one that is moved is fired while another is postponed', () =>
  inTransaction(db, async (client) => {
    await off(client, `${DAY} 09:00Z`, `${DAY} 10:40Z`)
    await every(client, '30 minutes', { calendars: ['off'], exclusion_policy: 'move' })
    await move(client, '11:00', '10:35')

    expect(await fire(client, '10:35')).toEqual({ fired: 1, more: false })
    expect(await fire(client, '10:40')).toEqual({ fired: 1, more: false })
    expect(await ledger(client)).toEqual(['10:00 skipped', '10:30 queued', '11:00 queued'])
  }))

it('one that was moved ahead and missed is not counted again under another rule', () =>
  inTransaction(db, async (client) => {
    await every(client, '1 hour', { missed_run_policy: 'skip' })
    await move(client, '12:00', '10:30')
    await fire(client, '10:00')
    await fire(client, '10:45')
    await client.query(`select simulation.resolve_at('x', $1, null, 'hold')`, [`${DAY} 10:50Z`])
    await client.query(
      `update almanac.schedules set kind = 'cron', every = null, cron_expression = '30 * * * *' where name = 'x'`,
    )

    await fire(client, '14:00')

    expect(await ledger(client)).toEqual([
      '10:00 queued',
      '11:30-11:30 missed 1',
      '12:00-12:00 missed 1',
      '12:30-13:30 missed 2',
    ])
  }))

it('two that are due at the same instant both run', () =>
  inTransaction(db, async (client) => {
    await every(client, '1 hour')
    await move(client, '10:00', '11:00')

    expect(await fire(client, '11:00')).toEqual({ fired: 2, more: false })
  }))

it('of two that were missed at the same instant, run_latest catches up one', () =>
  inTransaction(db, async (client) => {
    await every(client, '1 hour')
    await move(client, '10:00', '11:00')

    await fire(client, '11:30')

    expect(await ledger(client)).toEqual(['10:00-10:00 missed 1', '11:00 queued'])
  }))

it('max_runs counts in the order in which they are due', () =>
  inTransaction(db, async (client) => {
    await every(client, '1 hour', { max_runs: 2 })
    await move(client, '10:00', '11:30')
    for (const time of ['10:00', '11:00', '11:30', '12:00', '13:00']) await fire(client, time)

    expect(await ledger(client)).toEqual(['10:00 queued', '11:00 queued'])
  }))

it('an overlap that skips the last one does not use it up', () =>
  inTransaction(db, async (client) => {
    await every(client, '1 hour', { max_runs: 2, overlap_policy: 'skip' })
    for (const time of ['10:00', '11:00']) await fire(client, time)

    const { rows } = await client.query(`select status, total_runs from almanac.schedules where name = 'x'`)
    expect(rows).toEqual([{ status: 'active', total_runs: '1' }])
  }))

it('one whose rule has ended by the time it is due runs all the same', () =>
  inTransaction(db, async (client) => {
    await off(client, `${DAY} 10:50Z`, `${DAY} 12:00Z`)
    await every(client, '1 hour', {
      calendars: ['off'],
      exclusion_policy: 'move',
      ends_at: `${DAY} 11:30Z`,
    })
    for (const time of ['10:00', '12:00']) await fire(client, time)

    expect(await ledger(client)).toEqual(['10:00 queued', '11:00 queued'])
    const { rows } = await client.query(`select status from almanac.schedules where name = 'x'`)
    expect(rows).toEqual([{ status: 'completed' }])
  }))

it('the last ones of a rule get their outcome when they are excluded', () =>
  inTransaction(db, async (client) => {
    await off(client, `${DAY} 10:50Z`, `${DAY} 18:00Z`)
    await every(client, '1 hour', { calendars: ['off'], ends_at: `${DAY} 12:30Z` })
    for (const time of ['10:00', '12:00', '18:00']) await fire(client, time)

    expect(await ledger(client)).toEqual(['10:00 queued', '11:00-12:00 excluded 2'])
    const { rows } = await client.query(`select status from almanac.schedules where name = 'x'`)
    expect(rows).toEqual([{ status: 'completed' }])
  }))

it('a single run on an excluded day gets its outcome', () =>
  inTransaction(db, async (client) => {
    await off(client, `${DAY} 10:00Z`, `${DAY} 18:00Z`)
    await client.query(
      `select almanac.schedule_at('x', $1, 'almanac:noop', settings => '{"calendars": ["off"]}')`,
      [`${DAY} 11:00Z`],
    )
    for (const time of ['11:00', '18:00']) await fire(client, time)

    expect(await ledger(client)).toEqual(['11:00-11:00 excluded 1'])
  }))

it('a skipped one is in the ledger when its schedule is deleted after it', () =>
  inTransaction(db, async (client) => {
    await every(client, '1 hour')
    await client.query(`select almanac.skip_occurrence('x', $1)`, [`${DAY} 10:00Z`])
    await fire(client, '11:00')

    await client.query(`delete from almanac.schedules`)

    expect(await ledger(client)).toEqual(['10:00 skipped', '11:00 cancelled'])
    const { rows } = await client.query(`select from almanac.occurrence_overrides`)
    expect(rows).toEqual([])
  }))

it('one that is postponed over a pause runs when it is due after it', () =>
  inTransaction(db, async (client) => {
    await off(client, `${DAY} 09:00Z`, `${DAY} 13:00Z`)
    await every(client, '1 hour', {
      calendars: ['off'],
      exclusion_policy: 'move',
      ends_at: `${DAY} 11:00Z`,
    })
    await client.query(`update almanac.schedules set status = 'paused' where name = 'x'`)
    await client.query(`select simulation.resolve_at('x', $1, 'paused', 'hold')`, [`${DAY} 12:00Z`])
    await client.query(`update almanac.schedules set status = 'active' where name = 'x'`)

    await fire(client, '13:00')

    expect(await ledger(client)).toEqual(['10:00 queued'])
  }))

it('an override of another rule gives the present one no occurrence', () =>
  inTransaction(db, async (client) => {
    await every(client, '1 hour')
    await move(client, '11:00', '15:00')
    await client.query(`select almanac.skip_occurrence('x', $1)`, [`${DAY} 12:00Z`])
    await client.query(
      `update almanac.schedules set kind = 'cron', every = null, cron_expression = '30 10,13,17 * * *' where name = 'x'`,
    )
    for (const time of ['10:30', '13:30']) await fire(client, time)
    await client.query(`select simulation.resolve_at('x', $1, null, 'hold')`, [`${DAY} 14:00Z`])
    await client.query(`update almanac.schedules set timezone = 'Africa/Abidjan' where name = 'x'`)
    for (const time of ['15:00', '17:30']) await fire(client, time)

    expect(await ledger(client)).toEqual(['10:30 queued', '13:30 queued', '17:30 queued'])
  }))

it.each([
  { verb: 'unschedule', rule: 'is stopped', isDone: true, stopped: ['11:00-11:00 stopped 1'] },
  { verb: 'pause', rule: 'stays due', isDone: false, stopped: [] },
])('$verb: one that was moved to a later time $rule', ({ verb, isDone, stopped }) =>
  inTransaction(db, async (client) => {
    await every(client, '1 hour')
    await move(client, '11:00', '15:00')
    for (const time of ['10:00', '12:00']) await fire(client, time)

    await client.query(`select almanac.${verb}('x')`)

    const { rows } = await client.query(
      `select is_owed, done_at is not null as is_done from almanac.occurrence_overrides`,
    )
    expect(rows).toEqual([{ is_owed: true, is_done: isDone }])
    expect((await ledger(client)).filter((entry) => entry.includes('stopped'))).toEqual(stopped)
  }),
)
