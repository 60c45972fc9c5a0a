import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { planned } from './planningCases.ts'

const db = useTestDatabase()

const cron = (client: ClientBase, rule: string, settings: Record<string, unknown> = {}, timezone = 'UTC') =>
  client.query(`select almanac.schedule_cron('x', $1, 'almanac:noop', timezone => $3, settings => $2)`, [
    rule,
    { starts_at: '2091-03-20T00:00:00Z', calendars: ['off'], ...settings },
    timezone,
  ])
const off = async (client: ClientBase, entry: string) => {
  await client.query(`select almanac.create_calendar('off')`)
  await client.query(`select almanac.${entry}`)
}
const upcoming = async (client: ClientBase, after: string, count: number) =>
  (
    await client.query<{ line: string }>(
      `select to_char(scheduled_for at time zone 'UTC', 'DD HH24:MI:SS') as line from almanac.upcoming('x', $1, $2)`,
      [after, count],
    )
  ).rows.map((row) => row.line)
const within = (milliseconds: number, test: (client: ClientBase) => Promise<void>) => () =>
  inTransaction(db, async (client) => {
    await client.query(`set local statement_timeout to ${milliseconds}`)
    await test(client)
  })

it.each(['skip', 'move'])('an exclusion without an end leaves nothing upcoming, and answers (%s)', (policy) =>
  within(10_000, async (client) => {
    await off(client, `exclude_recurring('off', '0 0 * * *', '1 day')`)
    await cron(client, '* * * * * *', { exclusion_policy: policy })

    expect(await upcoming(client, '2091-03-19', 3)).toEqual([])
  })(),
)

it.each([
  ['skip', '03 00:00:01'],
  ['move', '02 23:59:58'],
])(
  'two weeks without one of every second are passed over at once, skipped ones at their end too (%s)',
  (policy, expected) =>
    within(5000, async (client) => {
      await off(client, `exclude_range('off', '2091-03-20Z', '2091-04-03Z')`)
      await cron(client, '* * * * * *', { exclusion_policy: policy })
      for (const at of ['2091-04-02 23:59:59Z', '2091-04-03 00:00:00Z'])
        await client.query(`select almanac.skip_occurrence('x', $1)`, [at])

      expect(await upcoming(client, '2091-03-19', 1)).toEqual([expected])
    })(),
)

it('a rule that always falls into a window leaves nothing upcoming, and answers', () =>
  within(10_000, async (client) => {
    await off(client, `exclude_recurring('off', '0 * * * *', '30 minutes')`)
    await cron(client, '5 * * * *')

    expect(await upcoming(client, '2091-03-19', 1)).toEqual([])
  })())

it('a list is not cut after a thousand ranges', () =>
  inTransaction(db, async (client) => {
    await off(client, `exclude_recurring('off', '0 9 * * *', '1 hour')`)
    await cron(client, '0 9,17 * * *')

    expect(await upcoming(client, '2091-03-19', 1200)).toHaveLength(1200)
  }))

it('one at the very end of a range is outside of it', () =>
  inTransaction(db, async (client) => {
    await off(client, `exclude_range('off', '2091-03-20Z', '2091-03-20 09:00Z')`)
    await cron(client, '* * * * * *')

    expect(await upcoming(client, '2091-03-19', 1)).toEqual(['20 09:00:00'])
  }))

it('one that waits for its jitter after a range is still upcoming', () =>
  inTransaction(db, async (client) => {
    await off(client, `exclude_range('off', '2091-03-20Z', '2091-03-21 09:00Z')`)
    await cron(client, '0 8 * * *', { exclusion_policy: 'move', jitter: '20 hours' })

    expect(await upcoming(client, '2091-03-21 09:00:01Z', 1)).toEqual(['21 08:00:00'])
  }))

it('the time zone of the session changes nothing', () =>
  inTransaction(db, async (client) => {
    await off(client, `exclude_recurring('off', '0 2 * * SAT,SUN', '1 day')`)
    await cron(client, '15 */23 * * *', { exclusion_policy: 'move', jitter: '1 day' }, 'Europe/Paris')
    const list = () =>
      planned(client, `(select u.*, null as outcome from almanac.upcoming('x', '2091-03-01Z', 80) u)`)
    const plain = await list()

    await client.query(`set local timezone to 'Europe/Paris'`)
    expect(await list()).toEqual(plain)
  }))

it('a window of days that begins where a gap of the clock ends is a whole day', () =>
  inTransaction(db, async (client) => {
    await off(client, `exclude_recurring('off', '0 3 * * SUN', '1 day')`)
    await cron(client, '30 * * * *', {}, 'Europe/Paris')

    // 25 March 2091, 03:00 in Paris is 01:00 in UTC, as it is on the 26th.
    expect(await upcoming(client, '2091-03-25 00:00Z', 2)).toEqual(['25 00:30:00', '26 01:30:00'])
  }))
