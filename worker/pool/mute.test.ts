import { expect, test } from 'vitest'
import { startGate } from '../../server/testing/gate.ts'
import { createEmptyDatabase } from '../../tests/database/createTestDatabase.ts'
import { runHost } from '../testing/runHost.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

test('a worker whose connections have all gone mute connects again, and continues', async () => {
  const gate = await startGate(workers.database.connectionStringFor('worker'))
  await workers.start({
    connectionString: gate.url,
    heartbeatInterval: 100,
    answerWithin: 300,
    stalledAfter: 1_000,
    tasks: { greet: () => undefined },
  })
  await workers.trigger('before', 'greet')
  await workers.run('before', 'succeeded')

  gate.mute()

  await workers.trigger('after', 'greet')
  await workers.run('after', 'succeeded')
  await until('its heartbeat arrives', async () => {
    const [row] = await workers.query<{ fresh: boolean }>(
      `select bool_or(last_heartbeat_at > now() - interval '1 second' and status = 'active') as fresh from almanac.workers`,
    )
    return row?.fresh
  })
  await gate.close()
})

test('a pool that leads to another database than the preset does not start, and says which', async () => {
  const other = await createEmptyDatabase()
  const host = await runHost(
    other.connectionString,
    {},
    {
      connectionString: workers.database.connectionStringFor('worker'),
    },
  )

  const refused = await until('it is refused', () =>
    Promise.resolve(host.messages.find((message) => message.includes('does not start'))),
  )

  expect(refused).toMatch(
    /Its pool takes jobs from the database \w+ \(as \w+\), but almanacPreset\(\) uses another/,
  )
  process.exitCode = 0
  await host.close()
  await other.drop()
})
