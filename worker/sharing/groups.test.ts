import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createGate } from '../testing/gate.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

const group = (maxRunning: number) =>
  workers.query(`select almanac.set_resource_group('gpu', max_running => $1)`, [maxRunning])
const count = async (text: string) =>
  (await workers.query<{ count: number }>(`select count(*)::int from ${text}`))[0]!.count
const inLine = () => count('almanac_private.group_line')

test('three workers together have no more runs of a group at once than it allows, and run all of them', async () => {
  await group(4)
  await workers.insert({ name: 'train', kind: 'manual', task_identifier: 'train', resource_group: 'gpu' })
  await workers.query(`select almanac.trigger_now('train') from generate_series(1, 120)`)
  let running = 0
  let most = 0
  async function train(): Promise<void> {
    most = Math.max(most, ++running)
    for (let step = 0; step < 20; step++) await turn()
    running--
  }
  for (let worker = 0; worker < 3; worker++) await workers.start({ concurrency: 10, tasks: { train } })

  await until(
    'all have succeeded',
    async () => (await count(`almanac.runs where status = 'succeeded'`)) === 120,
  )
  expect(most).toBe(4)
  expect(await inLine()).toBe(0)
})

test('what waits behind a run whose worker is killed is run by another, each once', async () => {
  await group(1)
  await workers.insert({ name: 'held', kind: 'manual', task_identifier: 'held', resource_group: 'gpu' })
  await workers.query(`select almanac.trigger_now('held') from generate_series(1, 4)`)
  const victim = fork(join(import.meta.dirname, '../testing/victim.ts'), [
    workers.database.connectionStringFor('worker'),
  ])
  await once(victim, 'message')
  await until('three wait', async () => (await inLine()) === 3)

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
  const ran: string[] = []
  await workers.start({
    concurrency: 4,
    tasks: {
      held(payload) {
        ran.push((payload as { _run: { id: string } })._run.id)
      },
    },
  })

  await until(
    'all have succeeded',
    async () => (await count(`almanac.runs where schedule_name = 'held' and status = 'succeeded'`)) === 4,
  )
  expect(ran).toHaveLength(4)
  expect(new Set(ran).size).toBe(4)
  expect(await count('almanac_private.group_slots')).toBe(0)
})

test('a higher limit lets those that wait begin, though none ends', async () => {
  await group(1)
  await workers.insert({ name: 'gate', kind: 'manual', task_identifier: 'gate', resource_group: 'gpu' })
  await workers.query(`select almanac.trigger_now('gate') from generate_series(1, 3)`)
  const gate = createGate()
  await workers.start({ concurrency: 5, tasks: { gate: gate.task } })
  await gate.entered()
  await until('two wait', async () => (await inLine()) === 2)

  await group(3)

  await gate.entered()
  await gate.entered()
  for (let run = 0; run < 3; run++) gate.open()
  await until(
    'all have ended',
    async () => (await count(`almanac.runs where status in ('queued', 'running')`)) === 0,
  )
})
