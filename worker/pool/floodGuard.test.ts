import { EventEmitter } from 'node:events'
import type { ClientBase } from 'pg'
import { expect, test } from 'vitest'
import { watchForFlood } from '../../process/flood.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

/** As a login without any right, each with something else to say. */
async function flood(channel: string, payload = 'i::text'): Promise<void> {
  const client = await workers.database.connect('plain')
  await client.query(`select pg_notify($1, ${payload}) from generate_series(1, 20000) i`, [channel])
  await client.end()
}

test('a flood is told once, and what is not one never', () => {
  const client = new EventEmitter()
  let floods = 0
  watchForFlood(client as ClientBase, () => floods++)

  for (let count = 0; count < 1_999; count++) client.emit('notification')
  expect(floods).toBe(0)
  for (let count = 0; count < 5_000; count++) client.emit('notification')

  expect(floods).toBe(1)
})

test.each([
  ['almanac_schedules', 'i::text'],
  ['almanac_leads', 'i::text'],
  ['almanac_cancels', `'["' || i || '"]'`],
  ['jobs:insert', `'{"count": ' || i || '}'`],
  ['worker:migrate', `'{"breaking": true, "i": ' || i || '}'`],
])('a worker that is flooded on %s fires and runs, and listens again', async (channel, payload) => {
  const worker = await workers.start()
  await workers.trigger('before', 'almanac:noop')
  await workers.run('before', 'succeeded')

  // Again, should it not listen yet.
  await until('it says so', async () => {
    await flood(channel, payload)
    return worker.messages.some((text) => text.includes('notifications'))
  })
  await workers.insert({
    name: 'after',
    kind: 'interval',
    every: '1 second',
    task_identifier: 'almanac:noop',
  })
  await workers.run('after', 'succeeded')

  await until('it listens', async () => {
    const listening = await workers.database.query(
      `select from pg_stat_activity where application_name = 'almanac ticker' and datname = current_database()`,
    )
    return listening.length > 0
  })
  expect(worker.messages.filter((text) => /lost|A new one is started/.test(text))).toEqual([])
})
