import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { begin, finish, registerWorker, RUN_STATES, runIn, trigger, type RunState } from './runInStates.ts'

const db = useTestDatabase()

const create = (client: ClientBase, settings = '{}') =>
  client.query(
    `select almanac.schedule_cron('x', '0 0 1 1 *', 'almanac:noop', timezone => 'UTC', settings => $1)`,
    [settings],
  )
const time = String.raw`\w{3} \d\d \w{3} \d{4} \d\d:\d\d:\d\d \(UTC\)`
/** What is said after who asked for it; moments and numbers of runs are left out. */
async function told(client: ClientBase, id: string): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(
    `select almanac.runs_why(r) as text from almanac.runs r where r.id = $1`,
    [id],
  )
  const [due, trigger, ...lines] = rows[0]!.text
    .replaceAll(new RegExp(time, 'g'), 'T')
    .replaceAll(id, 'N')
    .split('\n')
  expect([due, trigger]).toEqual(['x was due to run on T.', 'Run N was triggered by almanac_test_owner.'])
  return lines
}

const asked = 'almanac.retry_run(N) repeats it.'
const states: Record<RunState, string[]> = {
  waiting: ['It has not started: it is waiting, an earlier run has not finished.'],
  queued: ['It has not started: it is queued. No worker is running.'],
  retrying: [
    'It started on T and is retrying, attempt 1 of 3. Attempt 2 is due on T.',
    'Its last error: it failed',
  ],
  running: ['It started on T and is running, attempt 1 of 3.'],
  stopping: [
    'It started on T and is running, attempt 1 of 3.',
    'Its worker was told to stop it on T by almanac_test_owner. It ends when its task does.',
  ],
  succeeded: ['It started on T and succeeded after 1 attempt.'],
  failed: ['It started on T and failed after 1 attempt.', 'Its last error: it failed', asked],
  timed_out: ['It started on T and timed out after 1 attempt.', 'Its last error: it failed', asked],
  cancelled: ['It did not start: it was cancelled by almanac_test_owner.', asked],
  skipped: ['It did not run: an earlier run has not finished.'],
}

it.each(RUN_STATES)('of a run that is %s it says what happened, and what one can do', (state) =>
  inTransaction(db, async (client) => {
    await create(client)

    const id = await runIn(state, 'x', client)

    expect(await told(client, id)).toEqual(states[state])
  }),
)

it('of a run that was cancelled while it ran it says by whom and why', () =>
  inTransaction(db, async (client) => {
    await create(client)
    const id = await trigger(client, 'x')
    const worker = await registerWorker(client)
    await begin(client, worker, id)
    await client.query(`select almanac.cancel_run($1, 'wrong data.')`, [id])

    await finish(client, worker, id, 'cancelled')

    const lines = await told(client, id)
    expect(lines[0]).toBe('It started on T and was cancelled after 1 attempt.')
    expect(lines[1]).toBe('It was cancelled by almanac_test_owner: wrong data.')
    expect(lines.at(-1)).toBe(asked)
  }))

it('of a run that was cancelled with its schedule it says so, and offers no retry', () =>
  inTransaction(db, async (client) => {
    await create(client)
    const id = await trigger(client, 'x')

    await client.query(`select almanac.unschedule('x')`)

    expect(await told(client, id)).toEqual(['It did not start: it was cancelled, its schedule was deleted.'])
  }))

it('of a run that failed and was repeated it names the run that repeats it', () =>
  inTransaction(db, async (client) => {
    await create(client)
    const id = await runIn('failed', 'x', client)

    const { rows } = await client.query<{ id: string }>(`select (almanac.retry_run($1)).id::text as id`, [id])

    expect((await told(client, id)).at(-1)).toBe(`Run ${rows[0]!.id} repeats it: it is queued.`)

    await client.query(
      `update almanac.runs set status = 'skipped', reason = 'because', finished_at = now() where id = $1`,
      [rows[0]!.id],
    )
    expect((await told(client, id)).at(-1)).toBe(`Run ${rows[0]!.id} repeats it: it was skipped.`)
  }))
