import { readFile } from 'node:fs/promises'
import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { begin, finish, registerWorker, runIn, trigger, type RunState } from './runInStates.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** The rows of the table in docs/runs.md under a heading, cell by cell. */
async function tableUnder(heading: string): Promise<string[][]> {
  const page = await readFile(new URL('../../docs/runs.md', import.meta.url), 'utf8')
  const [, table] = new RegExp(`^## ${heading}\n\n([^]*?)\n\n`, 'm').exec(page)!
  return table!
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.replaceAll('`', '').trim()),
    )
}
const states = await tableUnder('In each state')
const roles = await tableUnder('As each role')
const stateOf = (cell: string) => (cell === 'running, stopping' ? 'stopping' : cell) as RunState

interface Row {
  readonly id: string
  readonly status: string
  readonly reason: string | null
  readonly stopping: boolean
}
const look = async (client: ClientBase, id: string) =>
  (
    await client.query<Row>(
      `select id::text, status, reason, cancel_requested_at is not null as stopping from almanac.runs where id = $1`,
      [id],
    )
  ).rows[0]!
const create = (client: ClientBase, name: string, settings = '{}') =>
  client.query(`select almanac.schedule_cron($1, '0 0 1 1 *', 'almanac:noop', settings => $2)`, [
    name,
    settings,
  ])
const one = async <Row extends object>(client: ClientBase, text: string, values: unknown[] = []) =>
  (await client.query<Row>(text, values)).rows[0]!
const jobOf = async (client: ClientBase, id: string) =>
  (await client.query('select from graphile_worker.jobs where key = $1', [`run:${id}`])).rowCount
const isLive = async (client: ClientBase, id: string) =>
  (await client.query('select from almanac_private.live_runs where run_id = $1', [id])).rowCount

it('the table has each state', () => {
  expect(states.map(([state]) => stateOf(state!)).sort()).toEqual(
    [
      'waiting', 'queued', 'retrying', 'running', 'stopping', 'succeeded', 'failed', 'timed_out', 'cancelled', 'skipped',
    ].sort(), // prettier-ignore
  )
})

describe('cancel_run', () => {
  it.each(states)('a run that is %s: %s', (cell, outcome) =>
    inTransaction(db, async (client) => {
      await create(client, 's')
      const id = await runIn(stateOf(cell), 's', client)
      const before = await look(client, id)

      const asked = client.query(`select almanac.cancel_run($1, 'wrong data')`, [id])

      const note = 'cancelled by almanac_test_owner: wrong data'
      switch (outcome) {
        case 'cancelled at once':
          await asked
          expect(await look(client, id)).toEqual({ ...before, status: 'cancelled', reason: note })
          expect([await jobOf(client, id), await isLive(client, id)]).toEqual([0, 0])
          break
        case 'asked to stop':
          await asked
          expect(await look(client, id)).toEqual({ ...before, stopping: true, reason: note })
          expect(await isLive(client, id)).toBe(1)
          break
        case 'nothing changes':
          await asked
          expect(await look(client, id)).toEqual(before)
          break
        default:
          expect(outcome).toBe(`refused (${(await refusal(asked)).code})`)
      }
    }),
  )

  it('says what it did, tells the worker, and lets the next one begin', () =>
    inTransaction(db, async (client) => {
      await create(client, 's', '{"overlap_policy": "queue_all"}')
      const first = await trigger(client, 's', true)
      const second = await trigger(client, 's', true)

      expect(await one(client, `select status, reason from almanac.cancel_run($1)`, [first])).toEqual({
        status: 'cancelled',
        reason: 'cancelled by almanac_test_owner',
      })
      expect(await look(client, second)).toMatchObject({ status: 'queued' })

      const worker = await registerWorker(client)
      await begin(client, worker, second)
      await client.query('select almanac.cancel_run($1)', [second])
      expect(
        await one(client, 'select run_id::text, reason from almanac_private.cancel_requests($1)', [worker]),
      ).toEqual({
        run_id: second,
        reason: 'cancelled by almanac_test_owner',
      })
    }))

  it.each([
    ['failed', 'cancelled'],
    ['cancelled', 'cancelled'],
    ['timed_out', 'cancelled'],
    ['succeeded', 'succeeded'],
  ])('one that is to stop and ends %s is %s, and not tried again', (ended, status) =>
    inTransaction(db, async (client) => {
      await create(client, 's')
      const id = await trigger(client, 's')
      const worker = await registerWorker(client)
      await begin(client, worker, id)
      await client.query('select almanac.cancel_run($1)', [id])

      await finish(client, worker, id, ended)

      expect(await look(client, id)).toMatchObject({ status, reason: 'cancelled by almanac_test_owner' })
      expect(await isLive(client, id)).toBe(0)
    }),
  )

  it('does not begin what is cancelled', () =>
    inTransaction(db, async (client) => {
      await create(client, 's')
      const id = await trigger(client, 's')
      await client.query('select almanac.cancel_run($1)', [id])

      expect(await begin(client, await registerWorker(client), id)).toBe(0)
    }))

  it.each([
    ['an unknown run', `select almanac.cancel_run(0)`, 'AL007'],
    ['no run', `select almanac.cancel_run(null)`, 'AL007'],
    [
      'a reason that turns text around',
      `select almanac.cancel_run(id, U&'a\\202eb') from almanac.runs`,
      'AL019',
    ],
    ['an endless reason', `select almanac.cancel_run(id, repeat('x', 1001)) from almanac.runs`, 'AL019'],
  ])('refuses %s', (_, statement, code) =>
    inTransaction(db, async (client) => {
      await create(client, 's')
      await trigger(client, 's')
      expect(await refusal(client.query(statement))).toMatchObject({ code })
    }),
  )
})

describe('retry_run', () => {
  it.each(states)('a run that is %s: (cancel_run: %s) %s', (cell, _, outcome) =>
    inTransaction(db, async (client) => {
      await create(client, 's')
      const id = await runIn(stateOf(cell), 's', client)
      const before = await look(client, id)
      const may = await one(
        client,
        'select almanac.runs_may_retry(r) as may from almanac.runs r where id = $1',
        [id],
      )

      const asked = client.query<{ id: string }>(
        `select (almanac.retry_run($1, 'space again')).id::text as id`,
        [id],
      )

      expect(may).toEqual({ may: outcome === 'a new run' })
      if (outcome !== 'a new run') {
        expect(outcome).toBe(`refused (${(await refusal(asked)).code})`)
        return
      }
      const retry = (await asked).rows[0]!.id
      expect(
        await one(
          client,
          `select n.status, n.trigger, n.attempt, n.retried_from = o.id as retries, n.payload = o.payload as payload,
             n.scheduled_for = o.scheduled_for as time, n.due_at > o.due_at as later, n.requested_by, n.request_reason
           from almanac.runs n, almanac.runs o where n.id = $1 and o.id = $2`,
          [retry, id],
        ),
      ).toEqual({
        status: 'queued',
        trigger: 'manual',
        attempt: 0,
        retries: true,
        payload: true,
        time: true,
        later: true,
        requested_by: 'almanac_test_owner',
        request_reason: 'space again',
      })
      expect(await look(client, id)).toEqual(before)
      expect(
        await one(
          client,
          'select t.id::text from almanac.runs r, almanac.runs_retries(r) t where r.id = $1',
          [id],
        ),
      ).toEqual({ id: retry })
      expect(await begin(client, await registerWorker(client), retry)).toBe(1)
      expect((await client.query('select * from almanac.check_ledger()')).rows).toEqual([])
    }),
  )

  it('is explained by why()', () =>
    inTransaction(db, async (client) => {
      await create(client, 's')
      const id = await runIn('failed', 's', client)
      await client.query(`select almanac.retry_run($1, 'space again.')`, [id])

      const { why } = await one<{ why: string }>(
        client,
        `select almanac.runs_why(r) as why from almanac.runs r where retried_from = $1`,
        [id],
      )

      expect(why).toContain(`repeats run ${id}, requested by almanac_test_owner: space again.`)
      expect(why).not.toContain('postponed')
    }))

  it.each([
    [
      'another retry is unfinished',
      `select almanac.retry_run(id) from almanac.runs`,
      /^Run \d+, which repeats it, is queued\.$/,
    ],
    ['its schedule was deleted', `select almanac.unschedule('s')`, /^Its schedule was deleted on /],
    [
      'its schedule was deleted for good',
      `delete from almanac.schedules where name = 's'`,
      /^Its schedule was deleted\.$/,
    ],
    [
      'its schedule has another task',
      `select almanac.register_task('other'); update almanac.schedules set task_identifier = 'other' where name = 's'`,
      /^It ran almanac:noop, and its schedule now has the task other\.$/,
    ],
  ])('is refused while %s', (_, change, detail) =>
    inTransaction(db, async (client) => {
      await create(client, 's')
      const id = await runIn('failed', 's', client)
      await client.query(change)

      const error = await refusal(client.query('select almanac.retry_run($1)', [id]))

      expect(error).toMatchObject({ code: 'AL013', detail: expect.stringMatching(detail) as string })
    }),
  )

  it('refuses a payload that no longer fits, and counts as a manual run for the limits', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.register_task('t')`)
      await client.query(`select almanac.schedule_cron('s', '0 0 1 1 *', 't', '{"a": 1}')`)
      const id = await runIn('failed', 's', client)
      await client.query(
        `select almanac.register_task('t', payload_schema => '{"properties": {"a": {"type": "string"}}}')`,
      )

      expect(await refusal(client.query('select almanac.retry_run($1)', [id]))).toMatchObject({
        code: 'AL006',
      })
    }))

  it('runs a payload that its schedule no longer has as the one who asks for it', () =>
    inTransaction(db, async (client) => {
      await create(client, 's')
      await asRole(client, 'almanac_operator', (operator) => create(operator, 'mine'))
      const id = await runIn('failed', 'mine', client)
      await client.query(`select almanac.register_task('x')`)
      await client.query(`update almanac.runs set payload = '{"old": true}' where id = $1`, [id])

      expect(await one(client, 'select run_as from almanac.retry_run($1)', [id])).toEqual({
        run_as: 'almanac_operator',
      })
    }))

  it('respects overlap if it is asked to', () =>
    inTransaction(db, async (client) => {
      await create(client, 's')
      const id = await runIn('failed', 's', client)
      await trigger(client, 's', true)

      expect(
        await one(client, 'select status from almanac.retry_run($1, respect_overlap => true)', [id]),
      ).toEqual({
        status: 'skipped',
      })
    }))
})

describe('the rights of each role', () => {
  const [, ...columns] = ['', 'own', 'others', 'system', 'system'] as const
  const cases = roles.flatMap(([role, ...cells]) =>
    cells.flatMap((cell, index) =>
      cell === 'has none'
        ? []
        : [
            {
              role: role!,
              whose: columns[index]!,
              only: [null, null, 'cancel_run', 'retry_run'][index] ?? null,
              cell,
            },
          ],
    ),
  )

  it.each(cases)('$role, $whose, $only: $cell', ({ role, whose, only, cell }) =>
    inTransaction(db, async (client) => {
      await client.query('select almanac_private.install_system_schedules()')
      if (whose === 'own') await asRole(client, `almanac_${role}`, (own) => create(own, 'own'))
      else if (whose === 'others') await create(client, 'others')
      const name = whose === 'system' ? 'almanac:check-ledger' : whose
      const queued = await trigger(client, name)
      const failed = await runIn('failed', name, client)
      const code = (text: string, values: unknown[]) =>
        asRole(client, `almanac_${role}`, (as) => as.query(text, values)).then(
          () => 'may',
          (error: unknown) => `refused (${(error as { code: string }).code})`,
        )

      const found: string[] = []
      if (only !== 'retry_run') found.push(await code('select almanac.cancel_run($1)', [queued]))
      if (only !== 'cancel_run') found.push(await code('select almanac.retry_run($1)', [failed]))

      expect(found).toEqual(found.map(() => cell))
    }),
  )
})
