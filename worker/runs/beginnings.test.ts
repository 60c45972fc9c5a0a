import { expect, test } from 'vitest'
import { createBeginnings } from './beginnings.ts'
import type { Query } from '../../process/query.ts'
import type { Sharing } from '../sharing/sharing.ts'

const RUN = { runId: '1', scheduledFor: '2030-01-01T00:00:00Z', jobId: '2', isStatement: false }
const HELD = {
  run_id: '1',
  job_id: '2',
  schedule_id: '3',
  attempt: 1,
  max_attempts: 3,
  task_identifier: 'x',
  timeout_ms: null,
  run_as: 'role',
  is_held: true,
  lacks: null,
  is_postponed: false,
}

/** A run of which the database answers this, one after the other, and what its worker does. */
function begin(...answers: (typeof HELD)[]) {
  const seen: string[] = []
  const beginRun = createBeginnings({
    query: (() => {
      seen.push('asks')
      return Promise.resolve([answers.shift()])
    }) as unknown as Query,
    workerId: () => Promise.resolve('5'),
    sharing: { room: () => null, take: () => () => undefined } as unknown as Sharing,
    notifier: { changed: () => undefined, flush: () => Promise.resolve() },
    onHeld: () => seen.push('held'),
    onGroupFull: () => undefined,
    persistence: { log: () => undefined, signal: new AbortController().signal },
    pause(ms) {
      seen.push(`waits ${ms} ms`)
      return Promise.resolve()
    },
  })
  return { seen, begun: beginRun(RUN) }
}

test('a run that is held locked with its job, which can be given to no one else, is asked for again until it begins', async () => {
  const { seen, begun } = begin(HELD, HELD, { ...HELD, is_held: false })

  expect(await begun).toMatchObject({ run: { id: '1' }, workerId: '5' })
  expect(seen).toEqual(['asks', 'held', 'waits 250 ms', 'asks', 'held', 'waits 250 ms', 'asks'])
})

test('a run that is held locked and has a new job for later is let go of', async () => {
  const { seen, begun } = begin({ ...HELD, is_postponed: true })

  expect(await begun).toBeNull()
  expect(seen).toEqual(['asks', 'held'])
})
