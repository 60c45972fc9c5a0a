import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchPool, type Jobs, type Stall } from './watch.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A pool that is looked at every second, on a clock that the test turns. */
function watch({ interval = 1_000 } = {}) {
  let time = 0
  const activity = { running: 0, tookAt: 0, lookedAt: 0, stop: () => undefined }
  const events: string[] = []
  const state = {
    jobs: { taskNumbers: 'a 1', untaken: null } as Jobs | Error,
    looks: true,
    takes: false,
    crowded: false,
  }
  const noted: (Stall | null)[] = []
  const watched = watchPool({
    activity,
    concurrency: 2,
    pollInterval: 1_000,
    interval,
    stalledAfter: 12_000,
    isCrowded: () => state.crowded,
    lookAtJobs: () =>
      state.jobs instanceof Error ? Promise.reject(state.jobs) : Promise.resolve(state.jobs),
    renewTasks: () => events.push('renewed'),
    note: (stall) => Promise.resolve(void noted.push(stall)),
    giveUp: ({ reason }) => {
      events.push(`abandoned: ${reason}`)
      watched.stop()
    },
    log: () => undefined,
    now: () => time,
  })
  return {
    activity,
    state,
    events,
    noted,
    /** The process is held up: neither the pool nor the watch gets to run. */
    hold: (seconds: number) => {
      time += seconds * 1_000
    },
    pass: async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        time += 1_000
        if (state.looks) activity.lookedAt = time
        if (state.takes) activity.tookAt = time
        vi.advanceTimersByTime(1_000)
        await turn()
        await turn()
      }
    },
  }
}

test('a pool that looks for jobs is left alone', async () => {
  const { pass, events, noted } = watch()

  await pass(100)

  expect([events, noted]).toEqual([[], []])
})

test('one that looks no more is noted, asked to look its tasks up again, and then abandoned', async () => {
  const { pass, state, events, noted } = watch()
  state.looks = false

  await pass(5)
  expect([events, noted.map((stall) => stall?.lasted)]).toEqual([['renewed'], [5_000]])
  await pass(7)
  expect(events.at(-1)).toBe('renewed')
  await pass(1)

  expect(events.at(-1)).toMatch(/^abandoned: Its queries for jobs fail/)
})

test('one that looks again has nothing wrong with it', async () => {
  const { pass, state, events, noted } = watch()
  state.looks = false
  await pass(5)

  state.looks = true
  await pass(100)

  expect([events, noted.map((stall) => stall?.lasted)]).toEqual([['renewed'], [5_000, undefined]])
})

test('one without room for a job need not look', async () => {
  const { pass, state, activity, events } = watch()
  state.looks = false
  activity.running = 2

  await pass(100)

  expect(events).toEqual([])
})

test('while the database does not answer the pool is noted, but not abandoned', async () => {
  const { pass, state, events, noted } = watch()
  state.looks = false
  state.jobs = new Error('locked')

  await pass(100)
  expect([events, noted.at(-1)?.reason]).toEqual([[], 'locked'])
  state.jobs = { taskNumbers: 'a 1', untaken: null }
  await pass(12)
  expect(events).not.toContainEqual(expect.stringMatching(/abandoned/))
  await pass(2)

  expect(events.at(-1)).toMatch(/^abandoned/)
})

test('a pool that finds no job while one of its tasks stays due and free is abandoned', async () => {
  const { pass, state, events, noted } = watch()
  state.jobs = { taskNumbers: 'a 1', untaken: 'send_invoice' }

  await pass(2)
  expect(noted.at(-1)?.reason).toBe('It finds no jobs, although one of the task send_invoice is due.')
  await pass(12)

  expect(events.at(-1)).toMatch(/^abandoned: It finds no jobs/)
})

test('a pool that takes jobs while others are due is behind, not stalled', async () => {
  const { pass, state, events } = watch()
  state.jobs = { taskNumbers: 'a 1', untaken: 'send_invoice' }
  state.takes = true

  await pass(100)

  expect(events).toEqual([])
})

test('tasks whose numbers have changed are looked up again', async () => {
  const { pass, state, events } = watch()
  await pass(1)

  state.jobs = { taskNumbers: null, untaken: null }
  await pass(1)
  state.jobs = { taskNumbers: 'a 2', untaken: null }
  await pass(3)

  expect(events).toEqual(['renewed', 'renewed'])
})

test('a pool that is looked at seldom is abandoned all the same', async () => {
  const { pass, state, events } = watch({ interval: 10_000 })
  state.looks = false

  await pass(30)

  expect(events.at(-1)).toMatch(/^abandoned/)
})

test('a process that was held up has time to look before it is judged', async () => {
  const { pass, hold, state, events } = watch()
  await pass(1)
  state.looks = false

  hold(60)
  await pass(3)

  expect(events).toEqual([])
})

test('a pool whose tasks hold all of its connections is told of, and not abandoned', async () => {
  const { pass, state, activity, events, noted } = watch()
  activity.running = 1
  state.looks = false
  state.crowded = true

  await pass(120)
  const during = [...events.filter((event) => event.startsWith('abandoned'))]
  state.crowded = false
  await pass(14)

  expect(during).toEqual([])
  expect(noted.at(0)?.reason).toContain('withPgClient')
  expect(events.filter((event) => event.startsWith('abandoned'))).toHaveLength(1)
})
