import type { JobHelpers } from 'graphile-worker'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Begun } from './beginnings.ts'
import { createJournals } from '../logs/journals.ts'
import { createPerformer } from './performer.ts'
import type { RunTask } from '../run.ts'

const GRACE = 5_000

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const begun: Begun = {
  run: { id: '1', scheduleId: '1', scheduledFor: '2030-01-01T00:00:00Z', attempt: 1, runAs: 'r' },
  workerId: '1',
  taskIdentifier: 'deaf',
  maxAttempts: 3,
  timeout: null,
  giveBack: () => undefined,
}
const journals = createJournals({
  query: () => Promise.resolve([]),
  kept: () => ({ lines: 5_000, text: 500_000 }),
  redaction: null,
  onWritten: () => undefined,
  log: () => undefined,
})
const deaf: RunTask = () => new Promise(() => undefined)

/** Performs a task that takes no notice of its signal; `ended` is the outcome, once there is one. */
function start(options: Partial<Begun> = {}) {
  const performer = createPerformer(journals, null, GRACE)
  const state: { ended: Awaited<ReturnType<typeof performer.perform>> | null } = { ended: null }
  void performer
    .perform(deaf, {}, {} as JobHelpers, { ...begun, ...options }, journals.open(begun.run))
    .then((outcome) => (state.ended = outcome))
  return { performer, state, cancel: () => performer.cancel([{ runId: '1', reason: 'asked for' }]) }
}

it('a task that takes no notice of being cancelled is abandoned after its grace, and its slot is free', async () => {
  const { performer, state, cancel } = start()
  cancel()

  await vi.advanceTimersByTimeAsync(GRACE - 1)
  expect(state.ended).toBeNull()
  await vi.advanceTimersByTimeAsync(1)

  expect(state.ended).toEqual({
    status: 'cancelled',
    error: 'Cancelled: asked for. The task did not react for 5 s and was abandoned.',
    result: null,
  })
  expect(performer.hasAny()).toBe(false)
})

it('asking again, as each heartbeat does, grants it no more time', async () => {
  const { state, cancel } = start()
  cancel()

  for (let beats = 0; beats < 5; beats++) {
    await vi.advanceTimersByTimeAsync(GRACE / 5)
    cancel()
  }

  expect(state.ended).toMatchObject({ status: 'cancelled' })
})

it('one that is to stop for another reason already is not waited for longer either', async () => {
  const { state, cancel } = start({ timeout: 1_000 })
  await vi.advanceTimersByTimeAsync(1_000)
  await vi.advanceTimersByTimeAsync(GRACE / 2)
  cancel()

  await vi.advanceTimersByTimeAsync(GRACE / 2)

  expect(state.ended).toMatchObject({ status: 'timed_out' })
})

it('a worker that stops waits for it no longer than it says', async () => {
  const { performer, state, cancel } = start()
  cancel()
  performer.interrupt('The worker was stopped.', 100)

  await vi.advanceTimersByTimeAsync(100)

  expect(state.ended).toMatchObject({ status: 'cancelled' })
})
