import { MantineProvider } from '@mantine/core'
import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  RouterContextProvider,
} from '@tanstack/react-router'
import { cleanup, render, screen, within } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { maskFragments } from 'gql.tada'
import type { ResultOf } from '../graphql/graphql.ts'
import { ClockContext } from '../time/now.ts'
import { WorkerRow_worker } from './WorkerRow.tsx'
import { WorkerTable } from './WorkerTable.tsx'

const now = Date.parse('2026-11-25T13:37:08Z')
const clock = { get: () => now, subscribe: () => () => undefined }

const router = createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() })

type Worker = ResultOf<typeof WorkerRow_worker>

const worker = (own: Partial<Worker>): Worker => ({
  rowId: '1',
  name: 'paris:4711',
  status: 'active',
  isLeader: false,
  concurrency: 10,
  version: '0.1.0',
  startedAt: '2026-11-25T12:00:00Z',
  lastHeartbeatAt: '2026-11-25T13:37:05Z',
  stoppedAt: null,
  takesNothingSince: null,
  takesNothingBecause: null,
  busySince: null,
  culpritRunId: null,
  culpritAt: null,
  endReason: null,
  ...own,
})

function show(workers: readonly Worker[] | undefined, running: Record<string, number> = {}) {
  const masked = workers?.map((one) => ({ rowId: one.rowId, ...maskFragments([WorkerRow_worker], one) }))
  render(
    <MantineProvider>
      <ClockContext value={clock}>
        <RouterContextProvider router={router}>
          <WorkerTable workers={masked} running={new Map(Object.entries(running))} zone="Europe/Paris" />
        </RouterContextProvider>
      </ClockContext>
    </MantineProvider>,
  )
}

const row = (name: RegExp) => within(screen.getByRole('row', { name }))

afterEach(cleanup)

test('a running worker says how busy it is and when its last heartbeat was', () => {
  show([worker({ isLeader: true })], { 1: 3 })

  const cells = row(/paris:4711/)
  expect(cells.getByText('Active')).toBeDefined()
  expect(cells.getByText('Leads')).toBeDefined()
  expect(cells.getByText('3 of 10')).toBeDefined()
  expect(cells.getByText('3 s ago')).toBeDefined()
})

test('a running worker that takes no jobs says since when, and why', () => {
  show([worker({ takesNothingSince: '2026-11-25T13:30:00Z', takesNothingBecause: 'locked' })])

  const said = screen.getByText(/Takes no jobs since/).closest('tr')?.textContent
  expect(said).toContain('14:30:00')
  expect(said).toContain('locked')
})

test('a lost worker has no slots, and says since when', () => {
  show([worker({ status: 'lost', stoppedAt: '2026-11-25T13:00:00Z' })])

  const cells = row(/paris:4711/)
  expect(cells.getByText('Lost')).toBeDefined()
  expect(cells.queryByText(/of 10/)).toBeNull()
  expect(cells.getByText('Wed 25 Nov 14:00').getAttribute('datetime')).toBe('2026-11-25T13:00:00.000Z')
})

test('a worker whose CPU a task holds names the run and the place', () => {
  show([worker({ busySince: '2026-11-25T13:36:00Z', culpritRunId: '42', culpritAt: 'crunch (report.ts:3)' })])

  const said = screen.getByText(/Blocked since/).closest('tr')!
  expect(said.textContent).toContain('holds its CPU')
  expect(said.textContent).toContain('crunch (report.ts:3)')
  expect(within(said).getByRole('link', { name: 'run 42' }).getAttribute('href')).toBe('/runs/42')
})

test('a lost worker says why, and which run ended it', () => {
  show([worker({ status: 'lost', endReason: 'It ran out of memory.', culpritRunId: '43' })])

  const said = screen.getByText(/ran out of memory/).closest('tr')!
  expect(within(said).getByRole('link', { name: 'run 43' }).getAttribute('href')).toBe('/runs/43')
})

test('workers that are on their way keep the place of the table', () => {
  show(undefined)

  expect(screen.getByRole('table', { name: 'Workers' }).getAttribute('aria-busy')).toBe('true')
  expect(screen.getAllByRole('columnheader')).toHaveLength(6)
})
