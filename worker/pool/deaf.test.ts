import { beforeAll, test } from 'vitest'
import { FLOODED } from '../../process/flood.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()
const SILENT = { pollInterval: 600_000, heartbeatInterval: 60_000 }

/** No one is told of new jobs, as where those who listen are drowned in what others say. */
beforeAll(() =>
  workers.query(`do $$ begin execute ${quietly('add_jobs')}; execute ${quietly('add_job')}; end $$`),
)
const quietly = (name: string) =>
  `replace(pg_get_functiondef((select p.oid from pg_proc p where p.pronamespace = 'graphile_worker'::regnamespace
     and p.proname = '${name}')), 'perform pg_notify(', 'perform concat(')`

const succeeded = async (name: string) =>
  (await workers.query(`select from almanac.runs where schedule_name = '${name}' and status = 'succeeded'`))
    .length

test.each([
  ['of a CLI', (settings: object) => workers.start(settings)],
  ['of a host', (settings: object) => workers.host({}, settings)],
])(
  'what a ticker fires its own pool takes at once, though it hears nothing: one %s',
  async (title, start) => {
    await start(SILENT)
    await workers.insert({
      name: title,
      kind: 'interval',
      every: '1 second',
      task_identifier: 'almanac:noop',
    })

    await until('three runs', async () => (await succeeded(title)) >= 3)
  },
)

test('what a wake-up job fires the pool that woke takes at once', async () => {
  await workers.start({ ...SILENT, ticker: false })
  await workers.trigger('before', 'almanac:noop')
  await workers.query('notify "jobs:insert"')
  await workers.run('before', 'succeeded')
  await workers.insert({
    name: 'woken',
    kind: 'interval',
    every: '1 second',
    task_identifier: 'almanac:noop',
  })
  await until('its job is due', async () => {
    const due = await workers.query(
      `select from graphile_worker.jobs where key like 'schedule:%' and task_identifier = 'almanac:wake'
         and run_at < now() and key = (select 'schedule:' || id from almanac.schedules where name = 'woken')`,
    )
    return due.length > 0
  })

  await workers.query('notify "jobs:insert"')

  await workers.run('woken', 'succeeded')
})

test('while it is flooded, a pool looks for jobs itself', async () => {
  const worker = await workers.start({ ...SILENT, ticker: false })
  await workers.trigger('first', 'almanac:noop')
  const flooding = new AbortController()
  const flood = (async () => {
    const client = await workers.database.connect('plain')
    while (!flooding.signal.aborted)
      await client.query(`select pg_notify('worker:migrate', i::text) from generate_series(1, 1000) i`)
    await client.end()
  })()

  await until('it is flooded', () => Promise.resolve(worker.messages.some((text) => text.includes(FLOODED))))
  for (const name of ['second', 'third']) {
    await workers.trigger(name, 'almanac:noop')
    await workers.run(name, 'succeeded')
  }

  flooding.abort()
  await flood
})
