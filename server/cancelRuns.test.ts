import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runIn, RUN_STATES, type RunState } from '../sql/tests/runInStates.ts'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { signIn, startTestServer, type TestRole, type TestServer } from './testing/client.ts'

const db = useTestDatabase()
let server: TestServer
let as: Record<TestRole, Awaited<ReturnType<typeof signIn>>>

beforeAll(async () => {
  server = await startTestServer(db)
  as = {
    viewer: await signIn(db, server, 'viewer'),
    operator: await signIn(db, server, 'operator'),
    admin: await signIn(db, server, 'admin'),
  }
})
afterAll(async () => {
  await server.close()
})

const CREATE = `mutation ($definition: JSON!) { createSchedule(input: {definition: $definition}) { result { name } } }`
const CANCEL = `mutation ($id: BigInt!, $reason: String) { cancelRun(input: {runId: $id, reason: $reason}) { result { status reason cancelRequestedAt } } }`
const RETRY = `mutation ($id: BigInt!, $reason: String) { retryRun(input: {runId: $id, reason: $reason}) { result { status retriedFrom requestedBy requestReason } } }`

let schedules = 0
/** A schedule of that `owner`, with a run in that state. */
async function prepare(owner: 'operator' | 'admin', state: RunState): Promise<{ name: string; id: string }> {
  const name = `${owner} ${++schedules}`
  const { errors } = await as[owner].graphql(CREATE, {
    definition: { name, kind: 'manual', task_identifier: 'almanac:noop' },
  })
  expect(errors).toBeUndefined()
  const client = await db.pool.connect()
  try {
    await client.query('begin')
    const id = await runIn(state, name, client)
    await client.query('commit')
    return { name, id }
  } finally {
    client.release()
  }
}
const codeOf = ({ errors }: Awaited<ReturnType<(typeof as)['viewer']['graphql']>>) =>
  errors?.[0]?.extensions?.['code'] ?? null
const mayOf = async (role: TestRole, id: string) => {
  const { data } = await as[role].graphql(
    `query ($id: BigInt!) { runs(filter: {rowId: {equalTo: $id}}, first: 1) { nodes { mayCancel mayRetry } } }`,
    { id },
  )
  return (data as { runs: { nodes: object[] } }).runs.nodes[0]
}

const UNFINISHED = ['waiting', 'queued', 'retrying', 'running']
const REPEATABLE = ['failed', 'timed_out', 'cancelled']

describe.each(RUN_STATES)('a run that is %s', (state) => {
  it('is cancelled, or refused, as its state says, by its owner and by admins', async () => {
    for (const role of ['operator', 'admin'] as const) {
      const { id } = await prepare('operator', state)
      const mayCancel = UNFINISHED.includes(state)
      expect(await mayOf(role, id)).toMatchObject({ mayCancel })

      const answer = await as[role].graphql(CANCEL, { id, reason: 'wrong' })

      if (!mayCancel && state !== 'stopping') expect(codeOf(answer)).toBe('AL013')
      else
        expect(answer).toMatchObject({
          data: {
            cancelRun: {
              result: {
                status: state === 'running' || state === 'stopping' ? 'running' : 'cancelled',
                cancelRequestedAt: mayCancel && state !== 'running' ? null : (expect.any(String) as string),
                reason: mayCancel ? `cancelled by test_${role}: wrong` : 'cancelled by almanac_test_owner',
              },
            },
          },
        })
    }
  })

  it('is repeated, or refused, as its state says, by its owner and by admins', async () => {
    for (const role of ['operator', 'admin'] as const) {
      const { id } = await prepare('operator', state)
      const mayRetry = REPEATABLE.includes(state)
      expect(await mayOf(role, id)).toMatchObject({ mayRetry })

      const answer = await as[role].graphql(RETRY, { id, reason: 'again' })

      if (!mayRetry) expect(codeOf(answer)).toBe('AL013')
      else
        expect(answer.data).toEqual({
          retryRun: {
            result: {
              status: 'queued',
              retriedFrom: id,
              requestedBy: `test_${role}`,
              requestReason: 'again',
            },
          },
        })
    }
  })

  it('is left alone by others and by viewers', async () => {
    const { id } = await prepare('admin', state)
    const look = 'select * from almanac.runs where schedule_id = (select schedule_id from almanac.runs where id = $1) order by id' // prettier-ignore
    const before = await db.query(look, [id])

    for (const [role, code] of [
      ['operator', 'AL011'],
      ['viewer', '42501'],
    ] as const) {
      expect(await mayOf(role, id)).toEqual({ mayCancel: false, mayRetry: false })
      expect(codeOf(await as[role].graphql(CANCEL, { id }))).toBe(code)
      expect(codeOf(await as[role].graphql(RETRY, { id }))).toBe(code)
    }
    expect(await db.query(look, [id])).toEqual(before)
  })
})

it('those that fit a filter are counted, cancelled and repeated', async () => {
  const { name } = await prepare('operator', 'queued')
  await prepare('admin', 'failed')
  const filter = { schedule: name }

  const counted = await as.operator.graphql(
    `query ($filter: JSON!) { countRunsToCancel(filter: $filter) { unbegun running stopping others } }`,
    { filter },
  )
  const cancelled = await as.operator.graphql(
    `mutation ($filter: JSON!) { cancelRuns(input: {filter: $filter, reason: "wrong"}) { result { cancelled stopping isDone } } }`,
    { filter },
  )
  const repeatable = { ...filter, status: ['cancelled'], since: '2000-01-01T00:00:00Z' }
  const toRetry = await as.operator.graphql(
    `query ($filter: JSON!) { countRunsToRetry(filter: $filter) { failed retried impossible others } }`,
    { filter: repeatable },
  )
  const retried = await as.operator.graphql(
    `mutation ($filter: JSON!) { retryFailed(input: {filter: $filter}) { result { retried refused problem isDone } } }`,
    { filter: repeatable },
  )

  expect([counted.data, cancelled.data, toRetry.data, retried.data]).toEqual([
    { countRunsToCancel: { unbegun: '1', running: '0', stopping: '0', others: '0' } },
    { cancelRuns: { result: { cancelled: 1, stopping: 0, isDone: true } } },
    { countRunsToRetry: { failed: '1', retried: '0', impossible: '0', others: '0' } },
    { retryFailed: { result: { retried: 1, refused: 0, problem: null, isDone: true } } },
  ])
})

it('a run knows those that repeat it', async () => {
  const { id } = await prepare('operator', 'failed')
  await as.operator.graphql(RETRY, { id })

  const answer = await as.viewer.graphql(
    `query ($id: BigInt!) { runs(filter: {rowId: {equalTo: $id}}, first: 1) { nodes { retries(first: 10) { retriedFrom status } } } }`,
    { id },
  )

  expect(answer).toEqual({
    data: { runs: { nodes: [{ retries: [{ retriedFrom: id, status: 'queued' }] }] } },
  })
})

it('an unknown key of a filter is at fault by its name', async () => {
  const { errors } = await as.operator.graphql(
    `mutation { cancelRuns(input: {filter: {scheduel: "x"}}) { clientMutationId } }`,
  )
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'AL009', field: 'scheduel' })
})
