import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

const list = (name: string, count: number) => ({
  name,
  kind: 'manual',
  task_identifier: name,
  target: 'list',
  payload: JSON.stringify({ payloads: Array.from({ length: count }, (_, index) => ({ n: index + 1 })) }),
})
const parents = (name: string) =>
  workers.query<{ status: string; roll_up: Record<string, number> }>(
    `select r.status, jsonb_strip_nulls(to_jsonb(almanac.runs_roll_up(r))) as roll_up
     from almanac.runs r where r.children is not null and r.schedule_name = $1 order by r.id`,
    [name],
  )
const isOver = async (name: string) =>
  (await parents(name)).every(({ status }) => !['queued', 'running'].includes(status))

test('three workers run each element once, what fails is tried again, and the parent ends with the last', async () => {
  const seen: number[] = []
  const tried = new Set<number>()
  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is its failure
  async function each(payload: unknown): Promise<void> {
    const { n } = payload as { n: number }
    if (n % 10 === 0 && !tried.has(n)) {
      tried.add(n)
      throw new Error('once')
    }
    seen.push(n)
  }
  await workers.insert({ ...list('each', 60), retry_delay: '0', max_attempts: 2 })
  for (let worker = 0; worker < 3; worker++) await workers.start({ concurrency: 5, tasks: { each } })
  await workers.query(`select almanac.trigger_now('each')`)

  await until('the parent has ended', () => isOver('each'))

  expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
  expect(await parents('each')).toMatchObject([
    { status: 'succeeded', roll_up: { total: 60, succeeded: 60 } },
  ])
  expect(await workers.query('select from almanac_private.live_runs')).toEqual([])
})

test('children whose worker is killed are run by another, and the parent ends', async () => {
  await workers.insert(list('held', 4))
  await workers.query(`select almanac.trigger_now('held')`)
  const victim = fork(join(import.meta.dirname, '../testing/victim.ts'), [
    workers.database.connectionStringFor('worker'),
  ])
  await once(victim, 'message')
  victim.kill('SIGKILL')
  await once(victim, 'exit')
  await until('its connections have ended', async () => {
    const sessions = await workers.query(
      `select from pg_stat_activity where datname = current_database() and usename = 'almanac_test_worker'`,
    )
    return sessions.length === 0
  })
  await workers.query(
    `update almanac.workers set last_heartbeat_at = now() - interval '1 minute' where pid = $1`,
    [victim.pid],
  )

  await workers.start({ tasks: { held: () => Promise.resolve() } })
  await until('the parent has ended', () => isOver('held'))

  expect(await parents('held')).toMatchObject([{ status: 'succeeded', roll_up: { total: 4, succeeded: 4 } }])
})
