import { afterEach, expect, test } from 'vitest'
import { createGate } from '../testing/gate.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()
afterEach(async () => {
  process.exitCode = 0
  await workers.query('delete from graphile_worker.migrations where id >= 1000')
})

const NEWER = '{"migrationNumber": 1000, "breaking": true}'

/** As a login without any right. */
async function notify(...payloads: string[]): Promise<void> {
  const client = await workers.database.connect('plain')
  for (const payload of payloads) await client.query(`select pg_notify('worker:migrate', $1)`, [payload])
  await client.end()
}

test.each(['start', 'host'] as const)(
  'a pool (%s) does not believe a stranger that the schema is newer than it knows',
  async (kind) => {
    const gate = createGate()
    const settings = { tasks: { gate: gate.task } }
    const worker = kind === 'start' ? await workers.start(settings) : await workers.host({ gate: gate.task })
    await workers.trigger('held', 'gate')
    await gate.entered()

    await notify(NEWER, '{"breaking": true}', '[]', NEWER)
    // What is notified later is heard later: the pool has read the others.
    await workers.trigger('after', 'almanac:noop')
    await workers.run('after', 'succeeded')
    gate.open()

    expect(await workers.run('held', 'succeeded')).toMatchObject({ attempt: 1 })
    expect(worker.messages.filter((message) => /shut|migrat|A new one is started/.test(message))).toEqual([])
    expect(process.exitCode ?? 0).toBe(0)
  },
)

test('a pool shuts down when the schema is newer than it knows, and says which it is', async () => {
  const worker = await workers.host()
  await workers.trigger('first', 'almanac:noop')
  await workers.run('first', 'succeeded')

  await workers.query('insert into graphile_worker.migrations (id, breaking) values (1000, true)')
  await notify(NEWER)

  await until('it says so', () =>
    Promise.resolve(worker.messages.find((message) => message.includes('was migrated to 1000'))),
  )
  await until('its worker has left', async () => {
    const left = await workers.query(`select from almanac.workers where status = 'stopped'`)
    return left.length > 0
  })
  expect(process.exitCode).toBe(57)
})

test('a newer schema that breaks nothing stops no one', async () => {
  await workers.query('insert into graphile_worker.migrations (id, breaking) values (1000, false)')
  const worker = await workers.start()

  await notify(NEWER)
  await workers.trigger('after', 'almanac:noop')
  await workers.run('after', 'succeeded')

  expect(worker.messages.filter((message) => /A new one is started/.test(message))).toEqual([])
})
