import { afterEach, beforeEach, expect, test } from 'vitest'
import { createGate } from '../testing/gate.ts'
import { createHold, type Hold } from '../testing/hold.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()
const holds: Hold[] = []
beforeEach(() => workers.query('delete from almanac.workers'))
afterEach(async () => {
  await Promise.all(holds.splice(0).map((hold) => hold.close()))
})

/** Holds the CPU of this process, in which nothing can look at the database meanwhile, until a statement returns a row. */
function holdUntil(condition: string): () => void {
  const hold = createHold(workers.database.connectionStringFor('owner'), condition)
  holds.push(hold)
  return hold.hold
}

test('a worker whose CPU a task holds sends heartbeats, and says which run and where', async () => {
  await workers.query(`
    create table public.heartbeats as select culprit_run_id, culprit_at from almanac.workers where false;
    create function public.spy() returns trigger language plpgsql security definer as $$ begin
      insert into public.heartbeats values (new.culprit_run_id, new.culprit_at);
      return new;
    end $$;
    create trigger spy after update on almanac.workers for each row when (new.culprit_run_id is not null) execute function public.spy()`)
  const gate = createGate()
  const hold = holdUntil('select from public.heartbeats having count(*) > 1')
  const worker = await workers.start({
    heartbeatInterval: 200,
    busyLimit: 15_000,
    tasks: { gate: gate.task, hog: hold },
  })
  await workers.trigger('neighbour', 'gate')
  await gate.entered()

  await workers.trigger('hog', 'hog')
  const { id } = await workers.run('hog', 'succeeded')

  const [seen] = await workers.query(
    'select distinct culprit_run_id as id, culprit_at as at from public.heartbeats',
  )
  expect(seen).toEqual({
    id,
    at: expect.stringMatching(/^hold \(.*worker\/testing\/hold\.ts:\d+\)/) as string,
  })
  await until('it is told in the log', () =>
    Promise.resolve(worker.messages.some((message) => message.includes(`Run ${id} (hog) held the CPU`))),
  )
  await until('the worker is not busy any more', async () => {
    const busy = await workers.query(
      `select from almanac.workers where status = 'active' and busy_since is null`,
    )
    return busy.length === 1
  })
  gate.open()
  expect(await workers.run('neighbour', 'succeeded')).toMatchObject({ attempt: 1 })
  await workers.query('drop function public.spy cascade; drop table public.heartbeats')
})

test('a worker whose CPU is held for too long is abandoned: the run fails, the others go on, and so does a host', async () => {
  let calls = 0
  const gate = createGate()
  const hold = holdUntil(`select from almanac.workers where status = 'lost'`)
  await workers.start({
    heartbeatInterval: 200,
    busyLimit: 1_800,
    tasks: { gate: gate.task, hog: () => (calls++ === 0 ? hold() : 'short') },
  })
  await workers.trigger('beside', 'gate', { max_attempts: 2 })
  await gate.entered()

  await workers.trigger('long', 'hog', { max_attempts: 2, retry_delay: '0' })

  const { id } = await workers.run('long', 'succeeded')
  const attempts = await workers.query(
    'select status, error from almanac.run_attempts where run_id = $1 order by attempt',
    [id],
  )
  expect(attempts).toEqual([
    {
      status: 'failed',
      error: expect.stringMatching(
        /^The task hog of run \d+ held the CPU of the worker for \d+ s without a pause, at hold/,
      ) as string,
    },
    { status: 'succeeded', error: null },
  ])
  gate.open()
  gate.open()
  expect(await workers.run('beside', 'succeeded')).toMatchObject({ attempt: 2 })
  expect(
    await workers.query(
      `select end_reason like 'The task hog%' as is_told, culprit_run_id from almanac.workers where status = 'lost'`,
    ),
  ).toEqual([{ is_told: true, culprit_run_id: id }])
})
