import { MantineProvider } from '@mantine/core'
import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  RouterContextProvider,
} from '@tanstack/react-router'
import { cleanup, render, screen, within } from '@testing-library/react'
import { maskFragments } from 'gql.tada'
import type { ReactNode } from 'react'
import { readSearch } from '../../address/params.ts'
import { afterEach, expect, test } from 'vitest'
import type { ResultOf } from '../../graphql/graphql.ts'
import { ClockContext } from '../../time/now.ts'
import { CrontabTable, CrontabTable_item } from './CrontabTable.tsx'
import { countsInWords, jobParams, jobState, payloadText, shortJobSearch } from './job.ts'
import { JobCountTable, JobCountTable_counts } from './JobCountTable.tsx'
import { JobRow_job } from './JobRow.tsx'
import { JobTable } from './JobTable.tsx'

const now = Date.parse('2026-11-25T13:37:08Z')
const clock = { get: () => now, subscribe: () => () => undefined }
const router = createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() })

afterEach(cleanup)

const show = (view: ReactNode) =>
  render(
    <MantineProvider>
      <ClockContext value={clock}>
        <RouterContextProvider router={router}>{view}</RouterContextProvider>
      </ClockContext>
    </MantineProvider>,
  )
const cells = (name: RegExp) =>
  within(screen.getByRole('row', { name }))
    .getAllByRole('cell')
    .map(({ textContent }) => textContent)

const job = (own: Partial<ResultOf<typeof JobRow_job>>) => {
  const whole = {
    id: '1',
    taskIdentifier: 'send_email',
    state: 'ready',
    queueName: null,
    key: null,
    runAt: '2026-11-25T13:00:00Z',
    attempts: 0,
    maxAttempts: 25,
    lastError: null,
    flags: null,
    lockedAt: null,
    lockedBy: null,
    workerName: null,
    ...own,
  }
  return { id: whole.id, ...maskFragments([JobRow_job], whole) }
}

test('a job says what it is, what it failed with, and which worker has had it for how long', () => {
  show(
    <JobTable
      isAdmin={false}
      zone="UTC"
      jobs={[
        job({
          state: 'failed',
          attempts: 3,
          maxAttempts: 3,
          lastError: 'Refused',
          key: 'welcome',
          flags: ['slow'],
        }),
        job({
          id: '2',
          state: 'locked',
          queueName: 'mail',
          lockedAt: '2026-11-25T13:35:08Z',
          workerName: 'paris:1',
        }),
        job({ id: '3', state: 'locked', lockedAt: '2026-11-25T13:36:08Z', lockedBy: 'pool-a' }),
      ]}
    />,
  )

  expect(cells(/^Failed/).slice(0, 5)).toEqual([
    'Failed',
    'send_email welcome',
    'slow',
    'Wed 25 Nov 13:00',
    '3 of 3',
  ])
  expect(screen.getByText('Refused')).toBeDefined()
  expect(screen.getByText('Worker paris:1 has it for 2:00.')).toBeDefined()
  expect(screen.getByText('A pool pool-a has it for 1:00.')).toBeDefined()
  expect(screen.queryByRole('button', { name: /Payload/ })).toBeNull()
})

test('payloads are offered to admins alone', () => {
  show(<JobTable isAdmin zone="UTC" jobs={[job({})]} />)

  expect(screen.getByRole('button', { name: 'Payload of job 1' })).toBeDefined()
})

test('each number of a task narrows the list to what it counts', () => {
  const counts = maskFragments([JobCountTable_counts], {
    taskIdentifier: 'send_email',
    ready: 1200,
    scheduled: 0,
    retrying: 0,
    locked: 0,
    failed: 2,
    readySince: null,
  })
  show(
    <JobCountTable
      counts={[counts]}
      search={readSearch(jobParams, { q: 'x', before: 7 }).search}
      zone="UTC"
    />,
  )

  expect(cells(/^send_email/)).toEqual(['1,200', '0', '0', '0', '2', '–'])
  const failed = screen.getByRole('link', { name: '2 failed of send_email' })
  expect(new URL(failed.getAttribute('href')!, 'http://x').search).toBe('?q=x&state=failed&task=send_email')
})

test('an item of the crontab says when it last added a job, and when it will', () => {
  const item = (own: Partial<ResultOf<typeof CrontabTable_item>>) =>
    maskFragments([CrontabTable_item], {
      identifier: 'digest',
      taskIdentifier: 'send_digest',
      rule: '0 3 * * *',
      nextAt: '2026-11-26T03:00:00Z',
      lastExecution: '2026-11-25T03:00:00Z',
      knownSince: '2026-01-01T00:00:00Z',
      workers: 2,
      queueName: 'mail',
      maxAttempts: 3,
      priority: null,
      jobKey: null,
      backfill: null,
      ...own,
    })
  show(
    <CrontabTable
      zone="UTC"
      items={[
        item({}),
        item({
          identifier: 'old',
          taskIdentifier: null,
          rule: null,
          nextAt: null,
          lastExecution: null,
          workers: 0,
        }),
        item({ identifier: 'coded', rule: null, nextAt: null }),
      ]}
    />,
  )

  expect(cells(/^digest/)).toEqual([
    'send_digest',
    'At 03:00 every day 0 3 * * *',
    'Wed 25 Nov 03:00',
    'Thu 26 Nov 03:00',
  ])
  expect(screen.getAllByTitle('2 running workers have it, queue mail, 3 attempts')).toHaveLength(2)
  expect(cells(/^old/)).toEqual(['', 'No running worker has it', 'Not yet', '–'])
  expect(cells(/^coded/)[1]).toBe('Decided by a function')
})

test.each([
  [[], true, 'No jobs'],
  [[], false, 'None of the oldest 10,000 jobs'],
  [[{ ready: 1, scheduled: 0, retrying: 0, locked: 0, failed: 0 }], true, '1 job: 1 ready'],
  [
    [
      { ready: 1200, scheduled: 0, retrying: 1, locked: 0, failed: 0 },
      { ready: 4, scheduled: 0, retrying: 0, locked: 0, failed: 2 },
    ],
    false,
    '1,207 jobs (of the oldest 10,000 of Graphile Worker): 1,204 ready, 1 retrying, 2 failed',
  ],
])('jobs are counted in words: %j', (tasks, isWhole, words) => {
  expect(countsInWords(tasks, isWhole)).toBe(words)
})

test('the address holds what the list is narrowed to, and nothing that cannot be read', () => {
  const read = (search: Readonly<Record<string, unknown>>) =>
    shortJobSearch(readSearch(jobParams, search).search)

  expect(read({ q: 12, state: 'failed', task: 'a', before: 100 })).toEqual({
    q: '12',
    state: 'failed',
    task: 'a',
    before: '100',
  })
  expect(read({ state: 'done', before: 'x', other: 1 })).toEqual({})
})

test('a payload is indented where it is whole, and a state of a newer server stands for itself', () => {
  expect(payloadText('{"a":1}')).toBe('{\n  "a": 1\n}')
  expect(payloadText('{"a":…')).toBe('{"a":…')
  expect(jobState('frozen').label).toBe('frozen')
})
