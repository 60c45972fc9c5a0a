import { parseCronItems, parseCrontab } from 'graphile-worker'
import { expect, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'
import { crontabItems } from './crontab.ts'

const workers = useTestWorkers()

/** Rules that Graphile Worker reads, with those that another reader of cron texts may read otherwise. */
const RULES = [
  ['* * * * *', '* * * * *'],
  ['0 3 * * *', '0 3 * * *'],
  ['*/15 9-17 * * 1-5', '*/15 9-17 * * 1-5'],
  ['5,10 0 1 */3 *', '5,10 0 1 */3 *'],
  ['0 0 */2 * 1', '0 0 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31 * 1'],
  ['0 0 1-31 * 1', '0 0 * * 1'],
  ['0 0 13 * 5', '0 0 13 * 5'],
  ['0 0 13 * */2', '0 0 13 * 0,2,4,6'],
  ['0 0 * * 7', '0 0 * * 0'],
  ['0 0 * * 0-7', '0 0 * * *'],
  ['30 12 28 2 *', '30 12 28 2 *'],
  ['*/7 */5 * 2,4 *', '*/7 */5 * 2,4 *'],
] as const

test.each(RULES)('the rule %s means to Almanac what it means to Graphile Worker', async (rule, cron) => {
  const [item] = crontabItems(`${rule} task ?id=x {a: 1}`)
  const [{ match } = { match: () => false }] = parseCrontab(`${rule} task`)

  const times = await workers.query<{ at: Date }>(
    `with recursive t(at, n) as (
       select almanac_private.next_cron(almanac_private.compile_cron($1), 'UTC', '2026-01-01Z'), 1
       union all
       select almanac_private.next_cron(almanac_private.compile_cron($1), 'UTC', t.at), n + 1 from t where n < 40 and t.at < '2027-01-01Z'
     ) select at from t`,
    [cron],
  )

  expect(item).toMatchObject({ rule, cron })
  const found = times.map(({ at }) => at.toISOString())
  expect(found).toEqual(matching(match, found.length, found.at(-1)!))
})

/** The first minutes after the beginning of 2026 that Graphile Worker's own matcher takes, up to a time. */
function matching(match: (digest: never) => boolean, count: number, until: string): string[] {
  const found: string[] = []
  for (
    let at = Date.UTC(2026, 0, 1) + 60_000;
    at <= Date.parse(until) && found.length <= count;
    at += 60_000
  ) {
    const date = new Date(at)
    const digest = {
      min: date.getUTCMinutes(),
      hour: date.getUTCHours(),
      date: date.getUTCDate(),
      month: date.getUTCMonth() + 1,
      dow: date.getUTCDay(),
    }
    if (match(digest as never)) found.push(date.toISOString())
  }
  return found
}

test('what a crontab says besides the rule is told, but not its payload', () => {
  expect(
    crontabItems(
      '# nightly\n\n 0  4 * * *  send ?id=digest&fill=1h&max=3&queue=mail&priority=-2&jobKey=one {secret: "x"}\r\n',
    ),
  ).toEqual([
    {
      identifier: 'digest',
      task: 'send',
      rule: '0 4 * * *',
      cron: '0 4 * * *',
      queue: 'mail',
      max_attempts: 3,
      priority: -2,
      job_key: 'one',
      backfill_ms: 3_600_000,
    },
  ])
})

test('the crontab of a running worker is shown with its rules, and no longer when it has stopped', async () => {
  const host = await workers.host(
    { digest: () => undefined },
    {
      parsedCronItems: parseCronItems([
        { task: 'digest', match: '0 3 * * 1', options: { backfillPeriod: 3_600_000, queueName: 'mail' } },
        { task: 'digest', match: ({ min }) => min === 61, identifier: 'by function', payload: { secret: 1 } },
      ]),
    },
  )
  const shown = () =>
    workers.query(
      `select identifier, task_identifier, rule, workers, queue_name, backfill::text, next_at > now() as is_ahead,
         known_since is not null as known, last_execution from almanac.host_crontab()`,
    )

  const rows = await until('the crontab is told', async () => {
    const items = await shown()
    return items.length === 2 && items.every(({ workers: count, known }) => count === 1 && known) && items
  })

  const item = { task_identifier: 'digest', workers: 1, known: true, last_execution: null }
  expect(rows).toEqual([
    {
      ...item,
      identifier: 'by function',
      rule: null,
      queue_name: null,
      backfill: '00:00:00',
      is_ahead: null,
    },
    {
      ...item,
      identifier: 'digest',
      rule: '0 3 * * 1',
      queue_name: 'mail',
      backfill: '01:00:00',
      is_ahead: true,
    },
  ])
  await host.close()
  expect(await shown()).toMatchObject([
    { identifier: 'by function', workers: 0 },
    { identifier: 'digest', workers: 0, rule: null, is_ahead: null },
  ])
})
