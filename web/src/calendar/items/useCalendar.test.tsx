import { act, renderHook } from '@testing-library/react'
import { Client, CombinedError, Provider, type Exchange, type Operation, type OperationResult } from 'urql'
import { filter, makeSubject, map, merge, pipe } from 'wonka'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { heldClient } from '../../graphql/heldClientFactory.ts'
import { useLive } from '../../graphql/live.ts'
import { UncachedContext } from '../../graphql/uncached.ts'
import { loadTemporal } from '../../time/temporal.ts'
import { calendarArgs } from '../filter/calendarFilter.ts'
import type { CalendarItem } from './calendarItem.ts'
import { useCalendar } from './useCalendar.ts'

const everything = calendarArgs({})
const start = Date.parse('2026-11-23T00:00Z')
const end = Date.parse('2026-11-30T00:00Z')
const now = Date.parse('2026-11-25T14:00Z')

interface Asked {
  start: string
  end: string
  scheduleIds?: string[]
}

const row = (scheduleId: string, startsAt: string, own: Record<string, unknown> = {}) => ({
  item: 'run',
  scheduleId,
  scheduleName: `job ${scheduleId}`,
  scheduleStatus: 'active',
  startsAt,
  endsAt: null,
  scheduledFor: startsAt,
  runId: `${scheduleId}0`,
  status: 'succeeded',
  trigger: 'schedule',
  reason: null,
  startedAt: startsAt,
  finishedAt: startsAt,
  attempt: 1,
  maxAttempts: 1,
  total: '1',
  succeeded: '1',
  failed: '0',
  skipped: '0',
  cancelled: '0',
  running: '0',
  waiting: '0',
  upcoming: '0',
  ...own,
})

/** A server that answers at once, and a line over which it tells of changes. */
function makeServer() {
  const asked: Asked[] = []
  const lines = makeSubject<OperationResult>()
  let subscriptions: Operation[] = []
  let answer: (variables: Asked) => readonly unknown[] = () => []
  const exchange: Exchange = () => (operations) =>
    merge([
      pipe(
        operations,
        filter((operation) => {
          if (operation.kind === 'subscription') subscriptions = [...subscriptions, operation]
          return operation.kind === 'query'
        }),
        map((operation): OperationResult => {
          const variables = operation.variables as Asked
          asked.push(variables)
          return { operation, data: { calendar: answer(variables) }, stale: false, hasNext: false }
        }),
      ),
      lines.source,
    ])
  const client = new Client({ url: 'http://test', preferGetMethod: false, exchanges: [exchange] })
  return {
    client,
    asked,
    answers: (next: typeof answer) => {
      answer = next
    },
    tell: (topic: 'scheduleChanged' | 'runChanged', ids: readonly string[], op = 'update') => {
      for (const operation of subscriptions) {
        if (!JSON.stringify(operation.query.definitions).includes(`"${topic}"`)) continue
        lines.next({ operation, data: { [topic]: { op, ids } }, stale: false, hasNext: true })
      }
    },
  }
}

const show = ({ client }: ReturnType<typeof makeServer>, window = { start, end }) =>
  renderHook(
    (props: { start: number; end: number }) => {
      useLive(true)
      return useCalendar({
        ...props,
        timezone: 'UTC',
        bucket: 1,
        filter: everything,
        withSystem: false,
        piles: true,
      })
    },
    {
      initialProps: window,
      wrapper: ({ children }) => (
        <Provider value={client}>
          <UncachedContext value={client}>{children}</UncachedContext>
        </Provider>
      ),
    },
  )
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))

// A clock that is taken over would take over Temporal's as well, which the polyfill does not allow.
beforeEach(async () => {
  vi.useFakeTimers({ now })
  await loadTemporal()
})
afterEach(() => {
  Reflect.deleteProperty(globalThis, 'Temporal')
  vi.useRealTimers()
})

test('of a run that changes its schedule alone is asked for, from today on, and put in its place', async () => {
  const server = makeServer()
  server.answers(() => [
    row('1', '2026-11-25T13:00Z', { status: 'running', running: '1', succeeded: '0' }),
    row('2', '2026-11-24T13:00Z'),
  ])
  const { result } = show(server)
  await pass(0)
  expect(result.current.items?.map(({ status }) => status)).toEqual(['running', 'succeeded'])

  server.answers(({ scheduleIds }) => (scheduleIds?.includes('1') ? [row('1', '2026-11-25T13:00Z')] : []))
  server.asked.length = 0
  server.tell('runChanged', ['1'])
  await pass(500)

  expect(server.asked).toMatchObject([
    { start: '2026-11-25T00:00:00.000Z', end: '2026-11-26T00:00:00.000Z', scheduleIds: ['1'] },
  ])
  expect(result.current.items?.map(({ scheduleId, status }) => [scheduleId, status])).toEqual([
    ['2', 'succeeded'],
    ['1', 'succeeded'],
  ])
})

test('of a schedule that changes the whole window is asked for, of it alone; of what no one can name, everything', async () => {
  const server = makeServer()
  server.answers(() => [row('1', '2026-11-24T13:00Z')])
  show(server)
  await pass(0)

  server.asked.length = 0
  server.tell('scheduleChanged', ['7'])
  await pass(500)
  server.tell('runChanged', [], 'bulk')
  await pass(1_000)

  expect(server.asked).toMatchObject([
    { start: '2026-11-23T00:00:00.000Z', end: '2026-11-30T00:00:00.000Z', scheduleIds: ['7'] },
    { start: '2026-11-23T00:00:00.000Z', end: '2026-11-30T00:00:00.000Z' },
  ])
  expect(server.asked[1]?.scheduleIds).toBeUndefined()
})

test('while the server only counts, the whole window is asked for', async () => {
  const server = makeServer()
  server.answers(() => [row('', '2026-11-24T13:00Z', { item: 'density', scheduleId: null })])
  show(server)
  await pass(0)

  server.asked.length = 0
  server.tell('runChanged', ['1'])
  await pass(500)

  expect(server.asked.map(({ scheduleIds }) => scheduleIds)).toEqual([undefined])
})

const pileOf = (startsAt: string, own: Record<string, unknown> = {}) =>
  row('', startsAt, {
    item: 'pile',
    scheduleId: null,
    scheduleName: null,
    endsAt: new Date(Date.parse(startsAt) + 3_600_000).toISOString(),
    scheduledFor: null,
    runId: null,
    status: null,
    total: '50',
    succeeded: '50',
    ...own,
  })
const often = (startsAt: string) =>
  row('7', startsAt, {
    item: 'bucket',
    endsAt: startsAt.replace('00Z', '59Z'),
    runId: null,
    status: null,
    total: '60',
  })

describe('where there are piles', () => {
  const openWithPiles = async () => {
    const server = makeServer()
    server.answers(() => [
      pileOf('2026-11-24T13:00Z'),
      often('2026-11-25T13:00Z'),
      pileOf('2026-11-25T13:00Z'),
      pileOf('2026-11-25T15:00Z', { succeeded: '0', upcoming: '50' }),
      pileOf('2026-11-26T13:00Z', { succeeded: '0', upcoming: '50' }),
    ])
    const shown = show(server)
    await pass(0)
    server.asked.length = 0
    return { server, ...shown }
  }
  const countsOf = (items: readonly CalendarItem[] | null) =>
    items?.map(
      ({ kind, startsAt, total }) => `${kind} ${new Date(startsAt).toISOString().slice(8, 13)} ${total}`,
    )

  test('of a run that changes today alone is asked for as a whole, with its share of what a window holds', async () => {
    const { server, result } = await openWithPiles()

    server.answers(() => [
      often('2026-11-25T13:00Z'),
      pileOf('2026-11-25T13:00Z', { total: '51', succeeded: '51' }),
    ])
    server.tell('runChanged', ['1', '2'])
    await pass(500)

    expect(server.asked).toMatchObject([
      { start: '2026-11-25T00:00:00.000Z', end: '2026-11-26T00:00:00.000Z', piles: true, maxCount: 714 },
      {
        start: '2026-11-23T00:00:00.000Z',
        end: '2026-11-30T00:00:00.000Z',
        piles: false,
        scheduleIds: ['1', '2'],
      },
    ])
    expect(server.asked[0]?.scheduleIds).toBeUndefined()
    expect(countsOf(result.current.items)).toEqual([
      'pile 24T13 50',
      'bucket 25T13 60',
      'pile 25T13 51',
      'pile 26T13 50',
    ])
  })

  test('of a run of a schedule that today counts apart, that schedule alone is asked for', async () => {
    const { server, result } = await openWithPiles()

    server.answers(() => [{ ...often('2026-11-25T13:00Z'), total: '61' }])
    server.tell('runChanged', ['7'])
    await pass(500)

    expect(server.asked).toMatchObject([
      { start: '2026-11-25T00:00:00.000Z', scheduleIds: ['7'], piles: false },
    ])
    expect(countsOf(result.current.items)).toEqual([
      'pile 24T13 50',
      'pile 25T13 50',
      'bucket 25T13 61',
      'pile 25T15 50',
      'pile 26T13 50',
    ])
  })

  test('of a schedule that changes the whole window is asked for, as it may be in any pile', async () => {
    const { server } = await openWithPiles()

    server.tell('scheduleChanged', ['1'])
    await pass(500)

    expect(server.asked).toMatchObject([
      { start: '2026-11-23T00:00:00.000Z', end: '2026-11-30T00:00:00.000Z' },
    ])
    expect(server.asked[0]?.scheduleIds).toBeUndefined()
  })

  test('a minute of 20 changes a second takes four questions, of today alone', async () => {
    const { server } = await openWithPiles()
    server.answers(({ scheduleIds = [] }) => scheduleIds.map((id) => row(id, '2026-11-25T13:00Z')))
    await minuteOf(server, (times) => [String(times % 40)])
    server.asked.length = 0

    await minuteOf(server, (times) => [String(times % 40)])

    expect(server.asked.length).toBeLessThanOrEqual(4)
    expect(server.asked.every(({ start: from }) => from === '2026-11-25T00:00:00.000Z')).toBe(true)
  })

  test('changes of schedules that are in no pile cost nothing, once that is known', async () => {
    const { server } = await openWithPiles()
    server.tell('runChanged', ['8', '9'])
    await pass(500)
    server.asked.length = 0

    await minuteOf(server, () => ['8', '9'])

    expect(server.asked).toEqual([])
  })
})

const minuteOf = async (server: ReturnType<typeof makeServer>, ids: (second: number) => string[]) => {
  for (let times = 0; times < 60 * 20; times++) {
    server.tell('runChanged', ids(times))
    await pass(50)
  }
}

test('a minute of 20 changes a second in what is shown takes four questions, and of today alone', async () => {
  const server = makeServer()
  const today = Array.from({ length: 40 }, (_, id) => row(String(id), '2026-11-25T13:00Z'))
  const before = Array.from({ length: 400 }, (_, id) => row(String(id % 40), '2026-11-24T13:00Z'))
  server.answers(({ scheduleIds }) =>
    scheduleIds === undefined
      ? [...before, ...today]
      : today.filter(({ scheduleId }) => scheduleIds.includes(scheduleId)),
  )
  show(server)
  await pass(0)
  await minuteOf(server, (times) => [String(times % 40)])
  server.asked.length = 0

  await minuteOf(server, (times) => [String(times % 40)])

  expect(server.asked.length).toBeLessThanOrEqual(4)
  expect(server.asked.every(({ start: from }) => from === '2026-11-25T00:00:00.000Z')).toBe(true)
})

test('however much happens elsewhere, a change in what is shown is asked for at once', async () => {
  const server = makeServer()
  server.answers(({ scheduleIds }) =>
    scheduleIds === undefined || scheduleIds.includes('1') ? [row('1', '2026-11-25T13:00Z')] : [],
  )
  show(server)
  await pass(0)
  await minuteOf(server, () => ['8', '9'])
  server.asked.length = 0

  server.tell('runChanged', ['1'])
  await pass(300)

  expect(server.asked).toMatchObject([{ scheduleIds: ['1'] }])
})

test.each([
  ['of schedules that the window does not hold', { start, end }],
  ['in a week that is over', { start: start - 7 * 86_400_000, end: start }],
  ['in a week that has not begun', { start: end, end: end + 7 * 86_400_000 }],
])('a minute of 20 changes a second %s costs nothing, once that is known', async (_, window) => {
  const server = makeServer()
  server.answers(({ scheduleIds }) => (scheduleIds === undefined ? [row('1', '2026-11-24T13:00Z')] : []))
  show(server, window)
  await pass(0)
  server.tell('runChanged', ['8', '9'])
  await pass(500)
  server.asked.length = 0

  await minuteOf(server, () => ['8', '9'])

  expect(server.asked).toEqual([])
})

test('choosing another window drops the answer that is on its way for the one before', async () => {
  const server = makeServer()
  server.answers(({ start: from }) => [row('1', from)])
  const { result, rerender } = show(server)
  await pass(0)

  server.tell('scheduleChanged', ['1'])
  rerender({ start: end, end: end + 7 * 86_400_000 })
  await pass(500)

  expect(result.current.items?.map(({ startsAt }) => startsAt)).toEqual([end])
})

test('while another window is asked for, nothing of the one before is shown in it', () => {
  const { client, last } = heldClient()
  const windowOf = (day: string) => ({ start: Date.parse(day), end: Date.parse(day) + 86_400_000 })
  const { result, rerender } = renderHook(
    (window: { start: number; end: number }) =>
      useCalendar({ ...window, timezone: 'UTC', bucket: 1, filter: everything, withSystem: false }),
    {
      initialProps: windowOf('2026-11-25'),
      wrapper: ({ children }) => <Provider value={client}>{children}</Provider>,
    },
  )
  act(() => last().answer({ calendar: [row('1', '2026-11-25T13:00Z')] }))
  expect(result.current.items).toHaveLength(1)

  rerender(windowOf('2026-12-02'))
  expect(result.current.items).toBeNull()
  act(() => last().fail(new CombinedError({ networkError: new Error('gone') })))

  expect(result.current.items).toBeNull()
  expect(result.current.problem?.message).toBe('Cannot reach the server.')
})

describe('finer counts', () => {
  const zoomed = (finer: readonly number[]) => ({ start, end, finer })
  const showZoomed = ({ client, last }: ReturnType<typeof heldClient>) => {
    const { result, rerender } = renderHook(
      (window: { start: number; end: number; finer: readonly number[] }) =>
        useCalendar({
          ...window,
          timezone: 'UTC',
          bucket: 60,
          filter: everything,
          withSystem: false,
          piles: true,
        }),
      {
        initialProps: zoomed([]),
        wrapper: ({ children }) => <Provider value={client}>{children}</Provider>,
      },
    )
    const minutes = () => (last().variables as { bucket: { minutes: number } }).bucket.minutes
    return { result, zoom: (finer: readonly number[]) => rerender(zoomed(finer)), minutes }
  }
  const pile = (startsAt: string, total: string) => row('', startsAt, { item: 'pile', runId: null, total })
  const hour = (scheduleId: string, at: number) =>
    row(scheduleId, new Date(start + at * 3_600_000).toISOString(), { item: 'bucket', runId: null })

  test('piles are asked for as fine as they are zoomed, and shown as they were meanwhile', () => {
    const held = heldClient()
    const { result, zoom, minutes } = showZoomed(held)
    expect(minutes()).toBe(60)
    act(() => held.last().answer({ calendar: [pile('2026-11-25T13:00Z', '60')] }))

    zoom([15, 30])
    expect(minutes()).toBe(15)
    expect(result.current.items?.map(({ total }) => total)).toEqual([60])
    act(() => held.last().answer({ calendar: [pile('2026-11-25T13:15Z', '20')] }))
    expect(result.current.items?.map(({ total }) => total)).toEqual([20])

    zoom([])
    expect(minutes()).toBe(60)
  })

  test('without piles, frequent schedules come finer as far as all of it still fits', () => {
    const held = heldClient()
    const { zoom, minutes } = showZoomed(held)
    const counted = Array.from({ length: 20 }, (_, schedule) =>
      Array.from({ length: 100 }, (_, at) => hour(String(schedule), at)),
    ).flat()
    act(() => held.last().answer({ calendar: counted }))

    zoom([15, 30])
    expect(minutes()).toBe(30)
  })

  test('another window is first asked for by its own', () => {
    const held = heldClient()
    const { client, last } = held
    const { rerender } = renderHook(
      (window: { start: number; end: number }) =>
        useCalendar({
          ...window,
          timezone: 'UTC',
          bucket: 60,
          finer: [15],
          filter: everything,
          withSystem: false,
          piles: true,
        }),
      {
        initialProps: { start, end },
        wrapper: ({ children }) => <Provider value={client}>{children}</Provider>,
      },
    )
    act(() => last().answer({ calendar: [pile('2026-11-25T13:00Z', '60')] }))
    expect(last().variables).toMatchObject({ bucket: { minutes: 15 } })

    rerender({ start: end, end: end + 7 * 86_400_000 })

    expect(last().variables).toMatchObject({ bucket: { minutes: 60 } })
  })
})
