import { expect, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'

const workers = useTestWorkers({ hasSoundLedger: false })
const START = `date_trunc('hour', now()) - interval '3 hours'`

/** A schedule of one run an hour since three hours ago, all fired. */
async function everyHour(): Promise<void> {
  await workers.query(
    `insert into almanac.schedules (name, kind, every, starts_at, task_identifier) values ('x', 'interval', '1 hour', ${START}, 'almanac:noop')`,
  )
}

test('a check is kept, and its result is that of the run', async () => {
  const worker = await workers.start()
  await everyHour()

  await workers.trigger('check', 'almanac:check_ledger')

  const { result } = await workers.run('check', 'succeeded')
  expect(result).toMatchObject({ found: 0, counts: {}, unchecked_since: null })
  expect(await workers.query(`select found, findings from almanac.last_ledger_check()`)).toEqual([
    { found: 0, findings: [] },
  ])
  expect(worker.messages.filter((message) => /^warning: .*ledger/.test(message))).toEqual([])
})

test('findings, and what was left out, are logged by the worker, with where to look', async () => {
  const worker = await workers.start()
  await workers.query(
    `insert into almanac.ledger_checks (checked_at, range_start, range_end, found, took_ms, stale_at)
     select t, t - interval '1 hour', t, 0, 1, t from (select now() - interval '30 days' as t) t`,
  )
  await workers.query(`delete from almanac.ledger_checks where checked_at > now() - interval '1 day'`)
  await everyHour()
  await workers.query(
    `update almanac_private.rule_versions v set valid_from = ${START} - interval '1 second'
     from almanac.schedules s where s.id = v.schedule_id and s.name = 'x'`,
  )

  await workers.trigger('check again', 'almanac:check_ledger')

  const { result } = await workers.run('check again', 'succeeded')
  expect(result).toMatchObject({ found: 4, counts: { missing: 4 } })
  const told = worker.messages.filter((message) => /^warning: .*ledger/.test(message))
  expect(told).toEqual([
    expect.stringMatching(/^warning: The ledger was not checked from \d{4}-\S+ to \d{4}-\S+\.$/),
    expect.stringMatching(
      /^warning: The ledger has 4 problems \(4 missing\)\. See: select \* from almanac\.check_ledger\('\d{4}-\S+', '\d{4}-\S+'\), or at Ledger in the web client\.$/,
    ),
  ])
})
