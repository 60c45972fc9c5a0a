import { beforeAll, describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()
beforeAll(async () => {
  await db.query(
    `select almanac.register_task('mail'), almanac.schedule_cron('daily', '0 3 * * *', 'almanac:noop', timezone => 'Europe/Berlin')`,
  )
})

const refused = (statement: string) => inTransaction(db, (client) => refusal(client.query(statement)))
const saving = (settings: string) =>
  `select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', settings => '${settings}')`

describe('the hint says what was meant, or what can be', () => {
  it.each([
    [
      saving('{"overlap_policy": "skipp"}'),
      '22P02',
      `It is one of skip, queue_one, queue_all, allow, cancel_running. Did you mean 'skip'?`,
    ],
    [saving('{"missed_run_policy": "Run_All"}'), '22P02', `Did you mean 'run_all'?`],
    [saving('{"status": "xyz"}'), '22P02', 'It is one of active, paused, completed, disabled.'],
    [saving('{"tags": "crm,night"}'), '22P02', 'Use a list: ["crm", "night"] in JSON'],
    [saving('{"calendars": {"a": 1}}'), '22P02', 'Use a list: ["crm", "night"] in JSON'],
    [saving('{"jitter": "soon"}'), '22007', 'Use a length of time: 90 seconds'],
    [saving('{"max_runs": "many"}'), '22P02', 'Use a whole number.'],
    [saving('{"starts_at": "soon"}'), '22007', 'Use a time with its zone'],
    [saving('{"timeoutt": "5s"}'), 'AL009', `Did you mean 'timeout'?`],
    [`select almanac.schedule_at('x', null, 'almanac:noop')`, 'AL010', 'Use a time with its zone'],
    [`select almanac.schedule_cron('x', null, 'almanac:noop')`, 'AL010', 'Use five fields'],
    [`select almanac.schedule_every('x', null, 'almanac:noop')`, 'AL010', 'Use an interval'],
    [`select almanac.schedule_cron('x', '0 3 * * *', '')`, 'AL005', 'See: select identifier'],
    [`select almanac.schedule_cron('x', '0 3 * * *', ' ')`, 'AL005', 'See: select identifier'],
    [`select almanac.schedule_cron('x', '0 3 * * *', 'mial')`, 'AL005', `Did you mean 'mail'?`],
    [`select almanac.schedule_cron('x', '0 3 * * *', 'no task')`, 'AL005', 'See: select identifier'],
    [`select almanac.schedule_cron('  ', '0 3 * * *', 'mail')`, 'AL019', 'Use letters or digits.'],
    [`select almanac.schedule_cron(E' my\\n job ', '0 3 * * *', 'mail')`, 'AL019', `Did you mean 'my job'?`],
    [`select almanac.schedule_cron(null, '0 3 * * *', 'mail')`, 'AL019', 'Set it to a value.'],
    [`select almanac.pause('Daily')`, 'AL007', `Did you mean 'daily'?`],
    [`select almanac.pause(null)`, 'AL007', 'Give a name.'],
    [`select almanac.update_schedule(null, '{}')`, 'AL007', 'select id, name'],
    [`select * from almanac.purge(now() - interval '1 day', 0)`, 'AL012', 'Use at least 1'],
  ])('%s', async (statement, code, hint) => {
    const { code: found, hint: given } = await refused(statement)

    expect(found).toBe(code)
    expect(given).toContain(hint)
  })
})

it('a schedule that has such a name already can be changed under it, and get another', () =>
  inTransaction(db, async (client) => {
    await client.query(`alter table almanac.schedules disable trigger user;
      update almanac.schedules set name = ' daily' where name = 'daily';
      alter table almanac.schedules enable trigger user`)

    await client.query(`select almanac.pause(' daily')`)
    await client.query(`update almanac.schedules set name = 'daily' where name = ' daily'`)
  }))

describe('a time that a schedule does not have', () => {
  it.each([
    [
      `'2100-01-05 12:00Z'`,
      `has no occurrence at this time.`,
      '2100-01-05 02:00:00+00 and 2100-01-06 02:00:00+00',
    ],
    [`'2020-01-05 12:00Z'`, 'has no occurrence at this time that is upcoming.', 'The next one is: '],
    [`null`, 'has no occurrence at this time.', 'The next one is: '],
    [`'infinity'`, 'has no occurrence at this time.', 'The next one is: none'],
  ])('is answered with those next to it, to skip or to move: %s', async (time, message, hint) => {
    for (const call of [
      `almanac.skip_occurrence('daily', ${time})`,
      `almanac.move_occurrence('daily', ${time}, now() + interval '1 hour')`,
    ]) {
      const answer = await refused(`select ${call}`)

      expect(answer.code).toBe('AL016')
      expect(answer.message).toContain(message)
      expect(answer.hint).toContain(hint)
    }
  })

  it('is explained with the stop of all schedules, while there is one', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.pause_all('moving house')`)

      const { rows } = await client.query<{ why: string }>(
        `select almanac.why('daily', date_trunc('hour', now()) + interval '90 minutes 1 second')`,
      )

      expect(rows[0]!.why).toMatch(/has no occurrence on[^]*All schedules are paused/)
    }))
})
