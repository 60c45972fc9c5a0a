import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const at = (day: number, time = '09:00') => `2100-01-${String(day).padStart(2, '0')}T${time}:00Z`
const daily = (client: ClientBase, settings: Record<string, unknown> = {}) =>
  client.query(`select almanac.schedule_cron('x', '0 9 * * *', 'almanac:noop', settings => $1)`, [
    { starts_at: at(4, '00:00'), late_tolerance: '1 second', missed_run_policy: 'skip', ...settings },
  ])
const fire = (client: ClientBase, asOf: string) => client.query(`select almanac_private.fire_due($1)`, [asOf])
const why = async (client: ClientBase, moment: string, name = 'x') =>
  (await client.query<{ text: string }>(`select almanac.why($1, $2) as text`, [name, moment])).rows[0]!.text

it('a run: which rule, when it began, what came of it', () =>
  inTransaction(db, async (client) => {
    await daily(client)
    await fire(client, at(4))

    expect(await why(client, at(4))).toBe(
      'x was due to run on Mon 04 Jan 2100 09:00:00 (UTC).\n' +
        `Its rule names that time, and run ${(await client.query<{ id: string }>('select id from almanac.runs')).rows[0]!.id} is its outcome.\n` +
        'It has not started: it is queued. No worker is running.',
    )
  }))

it('a run that was moved, and one that was skipped', () =>
  inTransaction(db, async (client) => {
    await daily(client)
    await client.query(`select almanac.move_occurrence('x', $1, $2, 'late closing')`, [at(4), at(4, '10:30')])
    await client.query(`select almanac.skip_occurrence('x', $1, 'stock-taking')`, [at(5)])
    expect(await why(client, at(4))).toContain(
      'It was moved to Mon 04 Jan 2100 10:30:00 (UTC) by almanac_test_owner: late closing.',
    )
    expect(await why(client, at(5))).toContain(
      'It will not run: skipped by almanac_test_owner: stock-taking.',
    )

    for (const time of [at(4, '10:30'), at(6)]) await fire(client, time)

    expect(await why(client, at(4, '10:30'))).toContain(
      'It was moved to Mon 04 Jan 2100 10:30:00 (UTC) by almanac_test_owner: late closing.',
    )
    expect(await why(client, at(5))).toContain('It did not run: skipped by almanac_test_owner: stock-taking.')
  }))

it('a range of missed ones, and one that a calendar excluded', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.create_calendar('off')`)
    await client.query(`select almanac.exclude_dates('off', '2100-01-04', label => 'Holiday')`)
    await daily(client, { calendars: ['off'] })
    expect(await why(client, at(4))).toContain('It is excluded by a calendar: off, Holiday.')

    await fire(client, at(8, '12:00'))

    expect(await why(client, at(4))).toContain('It was excluded by a calendar: off, Holiday.')
    expect(await why(client, at(6))).toContain(
      'It was missed: no worker fired it until Fri 08 Jan 2100 12:00:00 (UTC)',
    )
    expect(await why(client, at(6))).toContain(
      'The same applies to all 4 from Tue 05 Jan 2100 09:00:00 (UTC)',
    )
  }))

it('a time that the rule does not name: what comes before and after', () =>
  inTransaction(db, async (client) => {
    await daily(client)

    expect(await why(client, at(5, '12:00'))).toBe(
      'The rule of x has no occurrence on Tue 05 Jan 2100 12:00:00 (UTC).\n' +
        'Before it: Tue 05 Jan 2100 09:00:00 (UTC). After it: Wed 06 Jan 2100 09:00:00 (UTC).',
    )
  }))

it('a time in the future, in a pause, in a stop', () =>
  inTransaction(db, async (client) => {
    await daily(client)
    expect(await why(client, at(5))).toContain('It is upcoming, due on Tue 05 Jan 2100 09:00:00 (UTC).')

    await client.query(`select almanac.pause_all('fire drill')`)
    expect(await why(client, at(5))).toContain('All schedules are paused by almanac.pause_all().')
    await client.query(`select almanac.pause('x', 'holidays')`)
    expect(await why(client, at(5))).toContain('The schedule is paused: holidays.')
  }))

it('before it was created, and after it was deleted', () =>
  inTransaction(db, async (client) => {
    await daily(client)
    expect(await why(client, '2020-01-01T00:00:00Z')).toContain('it was created on')

    await client.query(`select almanac.unschedule('x')`)
    expect(await why(client, at(5))).toContain(
      'x no longer existed on Tue 05 Jan 2100 09:00:00 (UTC); it was deleted on',
    )
  }))

it('a schedule that is not there, and no moment, are refused', () =>
  inTransaction(db, async (client) => {
    await daily(client)

    for (const [name, moment, code] of [
      ['nobody', at(4), 'AL007'],
      ['x', null, 'AL012'],
      ['x', 'infinity', 'AL012'],
    ] as const)
      expect(
        (
          await refusal(
            asRole(client, 'almanac_viewer', (as) => as.query(`select almanac.why($1, $2)`, [name, moment])),
          )
        ).code,
      ).toBe(code)
  }))

it('a schedule explains itself by its id: also one of a name that another has by now, and one that was renamed', () =>
  inTransaction(db, async (client) => {
    await daily(client)
    await client.query(`select almanac.unschedule('x')`)
    await daily(client, { description: 'second' })
    await client.query(`update almanac.schedules set name = 'y' where description = 'second'`)

    const { rows } = await asRole(client, 'almanac_viewer', (as) =>
      as.query<{ text: string }>(
        `select almanac.schedules_why(s, $1) as text from almanac.schedules s where name in ('x', 'y') order by id`,
        [at(5)],
      ),
    )

    expect(rows[0]!.text).toContain('it was deleted on')
    expect(rows[1]!.text).toContain('The rule of y names Tue 05 Jan 2100 09:00:00 (UTC).')
  }))

it('a run explains itself: who asked for it, and the one of its rule', () =>
  inTransaction(db, async (client) => {
    await daily(client)
    await fire(client, at(4))
    await client.query(`select almanac.trigger_now('x')`)
    await client.query(`update almanac.schedules set name = 'renamed'`)

    const { rows } = await asRole(client, 'almanac_viewer', (as) =>
      as.query<{ text: string }>(`select almanac.runs_why(r) as text from almanac.runs r order by r.id`),
    )

    expect(rows[0]!.text).toContain('x was due to run on Mon 04 Jan 2100 09:00:00 (UTC).')
    expect(rows[0]!.text).toContain('Its rule names that time, and run')
    expect(rows[1]!.text).toContain('was triggered by almanac_test_owner.')
  }))

it('a made-up row explains nothing that is not in the ledger', () =>
  inTransaction(db, async (client) => {
    const { rows } = await asRole(client, 'almanac_viewer', (as) =>
      as.query<{ run: string | null; schedule: string | null }>(
        `select almanac.runs_why(jsonb_populate_record(null::almanac.runs, '{"id": 1, "scheduled_for": "2100-01-01", "error": "x"}')) as run,
           almanac.schedules_why(jsonb_populate_record(null::almanac.schedules, '{"id": 999999, "name": "x"}'), now()) as schedule`,
      ),
    )

    expect(rows).toEqual([{ run: null, schedule: null }])
  }))

it('each occurrence of a minute has an answer of its own', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_cron('x', '*/20 * * * * *', 'almanac:noop', settings => $1)`,
      [{ starts_at: at(4), overlap_policy: 'allow' }],
    )
    await client.query(`select almanac.skip_occurrence('x', $1, 'stock-taking')`, [
      at(4, '09:00:20').replace(':00Z', 'Z'),
    ])
    for (const time of ['09:00', '09:00:20', '09:00:40'])
      await fire(client, `2100-01-04T${time.padEnd(8, ':00')}Z`)

    expect(await why(client, '2100-01-04T09:00:00Z')).toContain('It has not started: it is queued.')
    expect(await why(client, '2100-01-04T09:00:20Z')).toContain(
      'It did not run: skipped by almanac_test_owner',
    )
    expect(await why(client, '2100-01-04T09:00:40Z')).toContain('It has not started: it is queued.')
    expect(await why(client, '2100-01-04T09:00:39.999999Z')).toBe(
      'The rule of x has no occurrence on Mon 04 Jan 2100 09:00:39.999999 (UTC).\n' +
        'Before it: Mon 04 Jan 2100 09:00:20 (UTC). After it: Mon 04 Jan 2100 09:00:40 (UTC).',
    )
  }))

it('within a range of every second, each second has it, and what lies between two of them too', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_every('x', '1 second', 'almanac:noop', settings => $1)`, [
      { starts_at: at(4), late_tolerance: '1 second', missed_run_policy: 'skip' },
    ])
    await fire(client, '2100-01-04T10:00:00.5Z')

    const range =
      'The same applies to all 3600 from Mon 04 Jan 2100 09:00:00 (UTC) to Mon 04 Jan 2100 09:59:59 (UTC).'
    for (const second of ['09:00:00', '09:17:31', '09:59:59']) {
      expect(await why(client, `2100-01-04T${second}Z`)).toContain(`names Mon 04 Jan 2100 ${second} (UTC).`)
      expect(await why(client, `2100-01-04T${second}Z`)).toContain(range)
    }
    const between = await why(client, '2100-01-04T09:17:31.25Z')
    expect(between).toContain('has no occurrence on Mon 04 Jan 2100 09:17:31.25 (UTC).')
    expect(between).toContain(
      'Before it: Mon 04 Jan 2100 09:17:31 (UTC). After it: Mon 04 Jan 2100 09:17:32 (UTC).',
    )
    expect(between).toContain(range)
    expect(await why(client, '2100-01-04T10:00:00Z')).toContain('It has not started: it is queued.')
  }))

it('a run manually is found by its own instant, and one that was going on is named at any other', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.create_schedule('{"name": "x", "kind": "manual", "task_identifier": "almanac:noop"}'), almanac.trigger_now('x')`,
    )
    const { rows } = await client.query<{ at: string; later: string }>(
      `update almanac.runs set status = 'running', started_at = scheduled_for + interval '1 millisecond', attempt = 1
       returning scheduled_for::text as at, (scheduled_for + interval '1 second')::text as later`,
    )

    expect(await why(client, rows[0]!.at)).toMatch(
      /^x was due to run on .*\nRun \d+ was triggered by almanac_test_owner\.\n/,
    )
    expect(await why(client, rows[0]!.later)).toMatch(
      /^x had no rule on .*: it runs only when triggered\.\nRun \d+, for .*, was running then\.$/,
    )
  }))

it('a time before the schedule existed says when it was created, to the second', () =>
  inTransaction(db, async (client) => {
    await daily(client)

    expect(await why(client, '2015-11-21T03:00:00Z')).toMatch(
      /^x did not exist on Sat 21 Nov 2015 03:00:00 \(UTC\); it was created on \w{3} \d\d \w{3} \d{4} \d\d:\d\d:\d\d \(UTC\)\.$/,
    )
  }))
