import type { JobHelpers, Logger } from 'graphile-worker'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Query } from '../../process/query.ts'
import { createJournals } from '../logs/journals.ts'
import type { RunTask } from '../run.ts'
import type { Sharing } from '../sharing/sharing.ts'
import { LATE } from './endings.ts'
import { createRecorder } from './recorder.ts'

const SCHEDULED_FOR = '2030-01-01T00:00:00Z'
/** More ends than are recorded while others have their places. */
const MANY = 1_001

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** A recorder before a database that begins each run, and answers no end before `answer` is called. */
function open() {
  const { promise, resolve: answer } = Promise.withResolvers<object[]>()
  const seen: string[] = []
  const query = ((text: string, values: [string, string[], string[], string[]]) => {
    if (!text.includes('begin_runs')) return promise
    const [, runIds, , jobIds] = values
    return Promise.resolve(
      runIds.map((run_id, nth) => ({
        run_id,
        job_id: jobIds[nth],
        schedule_id: '3',
        attempt: 1,
        max_attempts: 1,
        task_identifier: 'task',
        timeout_ms: null,
        run_as: 'role',
        account: 'role',
        is_held: false,
        lacks: null,
        is_postponed: false,
      })),
    )
  }) as unknown as Query
  const logger = { scope: () => logger } as unknown as Logger
  const recorder = createRecorder({
    query,
    workerId: () => Promise.resolve('5'),
    sharing: { room: () => null, take: () => () => undefined } as unknown as Sharing,
    notifier: { changed: () => undefined, flush: () => Promise.resolve() },
    journals: createJournals({
      query,
      kept: () => ({ lines: 10, text: 1_000 }),
      redaction: null,
      onWritten: () => undefined,
      log: () => undefined,
    }),
    redaction: null,
    onFailedJob: () => undefined,
    onHeld: () => undefined,
    onGroupFull: () => undefined,
    onLate: () => void seen.push('late'),
    log: () => undefined,
  })
  const begin = (id: number, task: RunTask = () => undefined) => {
    const job = {
      id: `${id}`,
      key: `run:${id}`,
      payload: { _run: { id: `${id}`, scheduledFor: SCHEDULED_FOR } },
    }
    const helpers = { job, logger, abortSignal: new AbortController().signal } as unknown as JobHelpers
    return recorder.run('task', task, {}, helpers)
  }
  return { begin, recorder, answer: () => answer([{ held: [] }]), seen }
}

it('gives the place of a run that has succeeded to others while its end is being recorded', async () => {
  const { begin, recorder, answer } = open()

  await begin(1)

  expect(recorder.inHand()).toBe(0)
  expect(recorder.runIds()).toEqual(['1'])
  expect(recorder.ended('5')).toEqual([{ scheduleId: '3', runId: '1', agoMs: expect.any(Number) as number }])
  answer()
  expect(await recorder.settled(1_000)).toBe(true)
  expect(recorder.runIds()).toEqual([])
})

it('keeps the place of a run that has failed until its end is recorded: its job says whether another attempt follows', async () => {
  const { begin, recorder, answer } = open()
  const { promise: called, resolve: call } = Promise.withResolvers<void>()

  const failed = begin(1, () => {
    call()
    throw new Error('no')
  })
  await called
  await new Promise(setImmediate)

  expect(recorder.inHand()).toBe(1)
  answer()
  await expect(failed).rejects.toThrow('no')
  expect(recorder.inHand()).toBe(0)
  expect(recorder.runIds()).toEqual([])
})

it('says that an end is late that others did not wait for', async () => {
  const { begin, answer, seen } = open()
  await begin(1)

  await vi.advanceTimersByTimeAsync(2 * LATE)

  expect(seen).toEqual(['late', 'late'])
  answer()
})

it('keeps the places of what has succeeded while a thousand ends are to be recorded', async () => {
  const { begin, recorder, answer } = open()
  const all = Array.from({ length: MANY }, (_, nth) => begin(nth + 1))

  await Promise.all(all.slice(0, -1))
  await new Promise(setImmediate)

  expect(recorder.inHand()).toBe(1)
  answer()
  await Promise.all(all)
  expect(recorder.inHand()).toBe(0)
})
