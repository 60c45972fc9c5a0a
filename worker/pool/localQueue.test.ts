import { expect, test } from 'vitest'
import { createGate } from '../testing/gate.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

const locked = async () =>
  (
    await workers.query<{ key: string | null }>(
      'select key from graphile_worker.jobs where locked_by is not null order by id',
    )
  ).map(({ key }) => key)

test('a worker that stops hands back what it has fetched, without an error', async () => {
  const gate = createGate()
  const worker = await workers.start({ concurrency: 1, tasks: { gate: gate.task } })
  await workers.trigger('taken', 'gate')
  await gate.entered()
  await workers.trigger('next', 'gate')
  await until('it is fetched', async () => (await locked()).length === 2)

  const closed = worker.close()
  await until('it is handed back', async () => (await locked()).length === 1)
  gate.open()
  await closed

  expect(worker.messages.filter((message) => /fail|error/i.test(message))).toEqual([])
})

test("a held worker fetches no run, and hands back a job of the application's, without an error", async () => {
  await workers.trigger('waiting', 'task')
  await workers.query(`select graphile_worker.add_job('task')`)
  const [place] = await workers.query(
    'update almanac_private.place p set system_identifier = 1 from almanac_private.place o returning o.system_identifier::text as was',
  )
  const worker = await workers.start({ tasks: { task: () => undefined } })
  await until(
    'it is held, and has fetched the job',
    async () => worker.messages.join().includes('HELD: ') && (await locked()).length === 1,
  )
  expect(await locked()).toEqual([null])

  await worker.close()

  await workers.query('update almanac_private.place set system_identifier = $1', [place!['was']])
  expect(worker.messages.filter((message) => /fail|error/i.test(message))).toEqual([
    expect.stringContaining('HELD: '),
  ])
  expect(await locked()).toEqual([])
})
