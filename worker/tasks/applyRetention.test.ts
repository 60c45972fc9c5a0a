import { expect, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'

const workers = useTestWorkers()

/** Runs that ended 100 days ago and more, an hour apart. */
async function old(count: number): Promise<void> {
  await workers.query(
    `insert into almanac.runs (schedule_id, schedule_name, scheduled_for, due_at, trigger, status, task_identifier, payload,
       run_as, max_attempts, priority, started_at, finished_at)
     select 900, 'x', t, t, 'manual', 'succeeded', 'almanac:noop', '{}', current_user, 1, 1, t, t
     from (select now() - interval '100 days' - make_interval(hours => n) as t from generate_series(1, $1) n) o`,
    [count],
  )
}
const left = async () =>
  (
    await workers.query<{ count: number }>(`select count(*)::int from almanac.runs where schedule_id = 900`)
  )[0]!.count

test('history that is no longer kept goes part by part, and the result says how much', async () => {
  await workers.start()
  await old(4500)

  await workers.trigger('retain', 'almanac:apply_retention')

  const { result } = await workers.run('retain', 'succeeded')
  expect(result).toEqual({ runs: 4500, weeks: 0 })
  expect(await left()).toBe(0)
})

test('history goes while runs are fired and recorded, and takes none of them', async () => {
  await workers.start()
  await workers.query(`select almanac.schedule_every('often', '1 second', 'almanac:noop')`)
  await workers.query(`update almanac_private.retention_passes set step = 'ended', swept_at = null`)
  await old(4500)

  await workers.trigger('retain again', 'almanac:apply_retention')

  expect((await workers.run('retain again', 'succeeded')).result).toEqual({ runs: 4500, weeks: 0 })
  await expect
    .poll(
      async () =>
        (
          await workers.query<{ count: number }>(
            `select count(*)::int from almanac.runs where schedule_name = 'often' and status = 'succeeded'`,
          )
        )[0]!.count,
      { timeout: 30_000 },
    )
    .toBeGreaterThan(2)
})
