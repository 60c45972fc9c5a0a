import { act, cleanup, renderHook } from '@testing-library/react'
import { Provider } from 'urql'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Change } from './burst.ts'
import { connection } from './connection.ts'
import { graphql } from './graphql.ts'
import { heldClient, refusalOf } from './heldClientFactory.ts'
import { refetchEverything, useChanges, useLive, useLiveQuery } from './live.ts'

const query = graphql(`
  query LiveTest {
    schedules(first: 1) {
      nodes {
        rowId
      }
    }
  }
`)

const topics = {
  scheduleChanged: 'ScheduleChanged',
  runChanged: 'RunChanged',
  workerChanged: 'WorkerChanged',
  ledgerChecked: 'LedgerChecked',
}
type Topic = keyof typeof topics

/** A server whose changes are told, and a part of the page that shows something of them. */
function show<T>(part: () => T, enabled = true) {
  const server = heldClient()
  const subscriptions = () => server.asked.filter(({ kind }) => kind === 'subscription')
  const rendered = renderHook(
    (props: { enabled: boolean }) => {
      useLive(props.enabled)
      return part()
    },
    {
      initialProps: { enabled },
      wrapper: ({ children }) => <Provider value={server.client}>{children}</Provider>,
    },
  )
  const line = (topic: Topic) => {
    const held = subscriptions().findLast(({ name }) => name === topics[topic])
    if (held === undefined) throw new Error(`No one listens for ${topic}.`)
    return held
  }
  return {
    ...rendered,
    subscriptions,
    queries: () => server.asked.filter(({ kind }) => kind === 'query'),
    line,
    tell: (topic: Topic, op: string, ids: readonly string[] = []) =>
      act(() => line(topic).answer({ [topic]: { op, ids } })),
  }
}
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))
const heard = () => vi.fn<(changes: readonly Change[]) => void>()

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-25T14:00Z') })
  connection.tell('following')
  connection.tell('answered')
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

test('changes that come close together are told once, to whom they concern', async () => {
  const ofRuns = heard()
  const ofWorkers = heard()
  const page = show(() => {
    useChanges(['runs'], ofRuns)
    useChanges(['workers'], ofWorkers)
  })

  page.tell('runChanged', 'update', ['1'])
  page.tell('runChanged', 'update', ['2'])
  expect(ofRuns).not.toHaveBeenCalled()
  await pass(250)

  expect(ofRuns.mock.calls).toEqual([[[{ topic: 'runs', ids: new Set(['1', '2']) }]]])
  expect(ofWorkers).not.toHaveBeenCalled()
})

test('who shows one schedule hears of it, and of what names none, but not of others', async () => {
  const changed = heard()
  const page = show(() => useChanges(['schedules'], changed, '7'))

  page.tell('scheduleChanged', 'update', ['8'])
  await pass(250)
  expect(changed).not.toHaveBeenCalled()

  page.tell('scheduleChanged', 'update', ['7', '8'])
  await pass(250)
  page.tell('scheduleChanged', 'bulk')
  await pass(250)
  expect(changed).toHaveBeenCalledTimes(2)
})

test('without a session no line is opened, and signing out ends all of them', () => {
  const page = show(() => null, false)
  expect(page.subscriptions()).toEqual([])

  page.rerender({ enabled: true })
  expect(page.subscriptions().map(({ name }) => name)).toEqual(Object.values(topics))

  page.unmount()
  expect(page.subscriptions().every(({ isEnded }) => isEnded)).toBe(true)
})

test('while the server does not hear the database the page says so, until it does, and then all is asked again', async () => {
  const changed = heard()
  const page = show(() => useChanges(['runs'], changed))

  page.tell('runChanged', 'lost')
  expect(connection.get().state).toBe('failing')
  await pass(250)
  expect(changed).not.toHaveBeenCalled()

  page.tell('runChanged', 'resync')
  expect(connection.get().state).toBe('live')
  await pass(250)
  expect(changed.mock.lastCall?.[0]).toContainEqual({ topic: 'runs', ids: null, isGap: true })
})

test('a line that is refused counts as lost, and is asked for again after 15 seconds, once', async () => {
  const page = show(() => null)

  act(() => page.line('runChanged').fail(refusalOf('Too many subscriptions.')))
  act(() => page.line('workerChanged').fail(refusalOf('Too many subscriptions.')))
  expect(connection.get().state).toBe('lost')
  await pass(14_999)
  expect(page.subscriptions()).toHaveLength(4)
  await pass(1)
  expect(page.subscriptions()).toHaveLength(8)
  page.tell('runChanged', 'hello')

  expect(connection.get().state).toBe('live')
})

test('once questions are answered again all that is shown is asked for again', async () => {
  const changed = heard()
  show(() => useChanges(['workers', 'ledger'], changed))

  act(() => connection.tell('unanswered'))
  await pass(250)
  expect(changed).not.toHaveBeenCalled()
  act(() => connection.tell('answered'))
  await pass(250)

  expect(changed.mock.calls).toEqual([
    [
      [
        { topic: 'workers', ids: null, isGap: true },
        { topic: 'ledger', ids: null, isGap: true },
      ],
    ],
  ])
})

test('what is no longer shown is not told of changes', () => {
  const changed = heard()
  const page = show(() => useChanges(['runs'], changed))
  act(refetchEverything)
  expect(changed).toHaveBeenCalledTimes(1)

  page.unmount()
  refetchEverything()

  expect(changed).toHaveBeenCalledTimes(1)
})

test('a query is asked again for a change of what it shows, and keeps its answer meanwhile', async () => {
  const page = show(() => useLiveQuery({ query, variables: {} }, { topics: ['schedules'], scheduleId: '7' }))
  const answer = { schedules: { nodes: [{ rowId: '7' }] } }
  act(() => page.queries().at(-1)?.answer(answer))
  const before = page.queries().length

  page.tell('scheduleChanged', 'update', ['8'])
  await pass(500)
  expect(page.queries()).toHaveLength(before)
  page.tell('scheduleChanged', 'update', ['7'])
  await pass(500)

  expect(page.queries()).toHaveLength(before + 1)
  expect(page.result.current[0].data).toEqual(answer)
})

test('a query that is not wanted yet is not asked for a change either', async () => {
  const page = show(() => useLiveQuery({ query, variables: {}, pause: true }, { topics: ['schedules'] }))

  page.tell('scheduleChanged', 'update', ['7'])
  await pass(5_000)

  expect(page.queries()).toEqual([])
})
