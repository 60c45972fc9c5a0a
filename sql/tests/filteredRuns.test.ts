import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { runIn } from './runInStates.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const create = (client: ClientBase, name: string, settings = '{}') =>
  client.query(`select almanac.schedule_cron($1, '0 0 1 1 *', 'almanac:noop', settings => $2)`, [
    name,
    settings,
  ])
const one = async <Row extends object>(client: ClientBase, text: string, values: unknown[] = []) =>
  (await client.query<Row>(text, values)).rows[0]!

/** `own` of almanac_operator and `others` of the owner, each with two queued, one running, one failed run. */
async function prepare(client: ClientBase): Promise<void> {
  await asRole(client, 'almanac_operator', (operator) => create(operator, 'own', '{"tags": ["a"]}'))
  await create(client, 'others', '{"tags": ["b"]}')
  for (const name of ['own', 'others'])
    for (const state of ['queued', 'queued', 'running', 'failed'] as const) await runIn(state, name, client)
}
const counts = async (client: ClientBase, filter: object) =>
  await one<object>(client, 'select unbegun::int, running::int, stopping::int, others::int from almanac.count_runs_to_cancel($1)', [filter]) // prettier-ignore
const cancel = async (client: ClientBase, filter: object, args = '') =>
  await one<object>(client, `select * from almanac.cancel_runs($1${args})`, [filter])
const retries = async (client: ClientBase, filter: object) =>
  await one<object>(client, 'select failed::int, retried::int, impossible::int, others::int from almanac.count_runs_to_retry($1)', [filter]) // prettier-ignore
const retry = async (client: ClientBase, filter: object, args = '') =>
  await one<object>(client, `select * from almanac.retry_failed($1${args})`, [filter])
const SINCE = { since: '2000-01-01T00:00Z' }

it('those that fit a filter are counted, and then cancelled, as far as the caller may', () =>
  inTransaction(db, async (client) => {
    await prepare(client)

    await asRole(client, 'almanac_operator', async (operator) => {
      expect(await counts(operator, { task: 'almanac:noop' })).toEqual({
        unbegun: 2,
        running: 1,
        stopping: 0,
        others: 3,
      })
      expect(await cancel(operator, { task: 'almanac:noop' }, `, 'wrong'`)).toEqual({
        cancelled: 2,
        stopping: 1,
        is_done: true,
      })
      expect(await counts(operator, { task: 'almanac:noop' })).toEqual({
        unbegun: 0,
        running: 0,
        stopping: 1,
        others: 3,
      })
    })
    expect(await one(client, `select count(*)::int from almanac.runs where reason like 'cancelled by %: wrong'`)).toEqual({ count: 3 }) // prettier-ignore
  }))

it.each<[object, number]>([
  [{ schedule: 'own' }, 3],
  [{ tag: 'b' }, 3],
  [{ task: 'almanac:sql' }, 0],
  [{ run_as: 'almanac_operator' }, 3],
  [{ status: 'queued' }, 4],
  [{ status: ['queued', 'failed'], schedule: 'others' }, 2],
  [{ trigger: 'schedule' }, 0],
  [{ since: '3000-01-01T00:00Z' }, 0],
  [{ until: '3000-01-01T00:00Z' }, 6],
  [{ search: 'OTHER' }, 3],
  [{ search: '%' }, 0],
  [{ schedule: 'own', without_frequent: true }, 3],
  [{ ids: [0] }, 0],
])('%j are %i', (filter, count) =>
  inTransaction(db, async (client) => {
    await prepare(client)
    const { unbegun, running } = (await counts(client, filter)) as { unbegun: number; running: number }
    expect(unbegun + running).toBe(count)
    const done = (await cancel(client, filter)) as { cancelled: number; stopping: number }
    expect(done.cancelled + done.stopping).toBe(count)
  }),
)

it('those that fit a filter are cancelled in parts, the oldest first', () =>
  inTransaction(db, async (client) => {
    await prepare(client)
    expect(await cancel(client, { schedule: 'own' }, ', max_count => 2')).toEqual({ cancelled: 2, stopping: 0, is_done: false }) // prettier-ignore
    expect(await cancel(client, { schedule: 'own' }, ', max_count => 2')).toEqual({ cancelled: 0, stopping: 1, is_done: true }) // prettier-ignore
  }))

it('those that fit a filter are repeated once, as far as the caller may', () =>
  inTransaction(db, async (client) => {
    await prepare(client)

    await asRole(client, 'almanac_operator', async (operator) => {
      expect(await retries(operator, SINCE)).toEqual({ failed: 1, retried: 0, impossible: 0, others: 1 })
      expect(await retry(operator, SINCE, `, 'again'`)).toEqual({ retried: 1, refused: 0, problem: null, is_done: true }) // prettier-ignore
      expect(await retries(operator, SINCE)).toEqual({ failed: 0, retried: 1, impossible: 0, others: 1 })
      expect(await retry(operator, SINCE)).toMatchObject({ retried: 0, is_done: true })
    })
    expect(await one(client, 'select requested_by, request_reason from almanac.runs where retried_from is not null')).toEqual({ requested_by: 'almanac_test_owner', request_reason: 'again' }) // prettier-ignore
  }))

it('those that fit a filter are repeated in parts, past those that are refused', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.register_task('t')`)
    await client.query(
      `select almanac.schedule_cron('bad', '0 0 1 1 *', 't', '{"a": 1}'), almanac.schedule_cron('good', '0 0 1 1 *', 't', '{"a": "b"}')`,
    )
    for (const name of ['bad', 'good', 'good']) await runIn('failed', name, client)
    await client.query(
      `select almanac.register_task('t', payload_schema => '{"properties": {"a": {"type": "string"}}}')`,
    )

    expect(await retry(client, SINCE, ', max_count => 1')).toEqual({
      retried: 1,
      refused: 1,
      problem: expect.stringMatching(/^Run \d+: \/a is 1, must be text\.$/) as string,
      is_done: false,
    })
    expect(await retry(client, SINCE, ', max_count => 1')).toMatchObject({ retried: 1, refused: 1 })
    expect(await retry(client, SINCE, ', max_count => 1')).toMatchObject({ retried: 0, is_done: true })
  }))

it('those that fit a filter leave out cancelled ones, unless they are asked for, and those that cannot be repeated', () =>
  inTransaction(db, async (client) => {
    await create(client, 's')
    await create(client, 'gone')
    await runIn('cancelled', 's', client)
    await runIn('failed', 'gone', client)
    await client.query(`select almanac.unschedule('gone')`)

    expect(await retries(client, SINCE)).toMatchObject({ failed: 0, impossible: 1 })
    expect(await retries(client, { ...SINCE, status: 'cancelled' })).toMatchObject({
      failed: 1,
      impossible: 0,
    })
    expect(await retry(client, { ...SINCE, status: 'cancelled' })).toMatchObject({ retried: 1 })
  }))

it.each<[string, string, unknown, string]>([
  ['an empty filter', 'cancel_runs', {}, 'AL012'],
  ['an empty search', 'cancel_runs', { search: '  ' }, 'AL012'],
  ['one that says nothing', 'cancel_runs', { tag: null, without_frequent: true }, 'AL012'],
  ['an unknown key', 'cancel_runs', { scheduel: 'x' }, 'AL009'],
  ['no object', 'cancel_runs', [1], 'AL009'],
  ['an unknown schedule', 'cancel_runs', { schedule: 'x' }, 'AL007'],
  ['an unknown state', 'cancel_runs', { status: 'gone' }, '22P02'],
  ['a text that is not a time', 'cancel_runs', { since: 'soon' }, '22007'],
  ['too many ids', 'cancel_runs', { ids: Array.from({ length: 10_001 }, (_, id) => id) }, 'AL012'],
  ['all of history', 'retry_failed', { task: 'x' }, 'AL012'],
  ['the count of all of history', 'count_runs_to_retry', { task: 'x' }, 'AL012'],
  ['the count of an empty filter', 'count_runs_to_cancel', {}, 'AL012'],
])('may not be %s', (_, name, filter, code) =>
  inTransaction(db, async (client) => {
    expect(await refusal(client.query(`select almanac.${name}($1)`, [JSON.stringify(filter)]))).toMatchObject(
      {
        code,
      },
    )
  }),
)

it.each([
  [`cancel_runs('{"task": "x"}', max_count => 10001)`],
  [`retry_failed('{"ids": [1]}', max_count => 1001)`],
])('are bounded: %s', (call) =>
  inTransaction(db, async (client) => {
    expect(await refusal(client.query(`select almanac.${call}`))).toMatchObject({ code: 'AL012' })
  }),
)

it('those that fit a filter are counted for viewers, who cancel and repeat none', () =>
  inTransaction(db, async (client) => {
    await prepare(client)
    await asRole(client, 'almanac_viewer', async (viewer) => {
      expect(await counts(viewer, { task: 'almanac:noop' })).toMatchObject({
        unbegun: 0,
        running: 0,
        others: 6,
      })
      expect(await retries(viewer, SINCE)).toMatchObject({ failed: 0, others: 2 })
    })
    for (const call of [`cancel_runs('{"task": "x"}')`, `retry_failed('{"ids": [1]}')`])
      expect(
        await refusal(asRole(client, 'almanac_viewer', (viewer) => viewer.query(`select almanac.${call}`))),
      ).toMatchObject({ code: '42501' })
  }))
