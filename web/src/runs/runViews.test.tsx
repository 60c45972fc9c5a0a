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
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { ResultOf } from '../graphql/graphql.ts'
import { ClockContext } from '../time/now.ts'
import { loadTemporal } from '../time/temporal.ts'
import type { Gap } from './history.ts'
import { RunHistory, RunHistory_run } from './RunHistory.tsx'
import { RunRow_run } from './RunRow.tsx'
import { RunTable } from './RunTable.tsx'

const now = Date.parse('2026-11-25T14:37:08+01:00')
const clock = { get: () => now, subscribe: () => () => undefined }
const router = createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() })
const zone = 'Europe/Paris'

beforeAll(loadTemporal)
afterEach(cleanup)

const show = (node: ReactNode) =>
  render(
    <MantineProvider>
      <ClockContext value={clock}>
        <RouterContextProvider router={router}>{node}</RouterContextProvider>
      </ClockContext>
    </MantineProvider>,
  )

type Run = ResultOf<typeof RunRow_run>

const run = (own: Partial<Run> = {}): Run => ({
  rowId: '7',
  scheduleName: 'nightly',
  status: 'succeeded',
  reason: null,
  error: null,
  blockedBecause: null,
  taskIdentifier: 'report',
  trigger: 'schedule',
  scheduledFor: '2026-11-25T03:00:00+01:00',
  dueAt: '2026-11-25T03:00:00+01:00',
  startedAt: '2026-11-25T03:00:02+01:00',
  finishedAt: '2026-11-25T03:06:16+01:00',
  attempt: 1,
  maxAttempts: 1,
  nextAttemptAt: null,
  cancelRequestedAt: null,
  retriedFrom: null,
  progress: null,
  progressNote: null,
  children: null,
  element: null,
  ...own,
})

function showRuns(
  runs: readonly Run[] | undefined,
  {
    selected = '',
    counts = { running: 0, waiting: 0 },
    held = null,
    isSearched = true,
  }: Partial<Pick<Parameters<typeof RunTable>[0], 'selected' | 'counts' | 'held' | 'isSearched'>> = {},
) {
  const masked = runs?.map((one) => ({
    rowId: one.rowId,
    status: one.status,
    scheduledFor: one.scheduledFor,
    ...maskFragments([RunRow_run], one),
  }))
  show(
    <RunTable
      runs={masked}
      holder={{}}
      search={{ q: 'night' }}
      {...{ zone, selected, counts, held, isSearched }}
    />,
  )
}

const cells = (name: RegExp) =>
  within(screen.getByRole('row', { name }))
    .getAllByRole('cell')
    .map(({ textContent }) => textContent)
const titles = () =>
  screen
    .getAllByRole('row')
    .map((row) => row.querySelector('th[scope=rowgroup]')?.textContent)
    .filter((title) => title !== undefined)

test('a run says its state, when it was due, how late it began and how long it took', () => {
  showRuns([run()])

  expect(cells(/nightly/)).toEqual(['Succeeded', 'nightly #7', '03:00:00', '2.00 s', '6:14', '1'])
})

test('where nothing was found so far, the list does not say that there is nothing', () => {
  showRuns([], { isSearched: false })

  expect(screen.getByText('No runs match this filter so far back.')).toBeTruthy()
})

test('a run opens next to the list, which keeps its filter', () => {
  showRuns([run()])

  expect(screen.getByRole('link', { name: 'nightly #7' }).getAttribute('href')).toBe(
    '/runs?q=night&run=%227%22',
  )
})

test('what holds a run up is said before an error, and an error before a reason', () => {
  const all = { reason: 'a reason', error: 'an error', blockedBecause: 'a block' }
  showRuns([
    run({ rowId: '1', ...all }),
    run({ rowId: '2', ...all, blockedBecause: null }),
    run({ rowId: '3', reason: 'a reason' }),
  ])

  const said = ['#1', '#2', '#3'].map((id) => cells(new RegExp(id))[1])
  expect(said).toEqual(['nightly #1 a block', 'nightly #2 an error', 'nightly #3 a reason'])
})

test('a run in progress says how far it is, and what its task says of that', () => {
  showRuns([run({ status: 'running', finishedAt: null, progress: 0.418, progressNote: 'rows 418 of 1000' })])
  expect(screen.getByRole('progressbar', { name: 'Progress' })).toHaveProperty('value', 0.418)
  expect(screen.getByText('41 %')).toBeTruthy()
  expect(screen.getByText('rows 418 of 1000')).toBeTruthy()

  cleanup()
  showRuns([run({ progress: 0.4 })])
  expect(screen.queryByRole('progressbar')).toBeNull()
})

test('a run in progress says how long it has been running', () => {
  const startedAt = '2026-11-25T14:36:00+01:00'
  showRuns([run({ status: 'running', startedAt, finishedAt: null })])

  expect(cells(/nightly/)[4]).toBe('1:08')
})

test('a run that has not begun has no times, and no attempt', () => {
  showRuns([run({ status: 'queued', startedAt: null, finishedAt: null, attempt: 0, maxAttempts: 3 })])

  expect(cells(/nightly/).slice(3)).toEqual(['–', '–', '–'])
})

test('a run that is tried again says which attempt of how many, and when the next is', () => {
  showRuns([
    run({
      status: 'retrying',
      attempt: 2,
      maxAttempts: 5,
      finishedAt: null,
      nextAttemptAt: '2026-11-25T14:40:00+01:00',
    }),
  ])

  expect(cells(/nightly/)[5]).toBe('2/5 next 14:40:00')
})

test('a run that someone has cancelled is stopping until it has ended', () => {
  const cancelRequestedAt = '2026-11-25T14:36:30+01:00'
  showRuns([
    run({ rowId: '1', status: 'running', finishedAt: null, cancelRequestedAt, reason: 'cancelled by ann' }),
    run({ rowId: '2', status: 'cancelled', cancelRequestedAt, reason: 'cancelled by ann' }),
  ])

  expect(cells(/#1/).slice(0, 2)).toEqual(['Stopping', 'nightly #1 being cancelled by ann'])
  expect(cells(/#2/).slice(0, 2)).toEqual(['Cancelled', 'nightly #2 cancelled by ann'])
})

test('where there is room for it, trigger, task and note have columns of their own', () => {
  const matchMedia = window.matchMedia.bind(window)
  const wide = vi
    .spyOn(window, 'matchMedia')
    .mockImplementation((query) =>
      Object.assign(matchMedia(query), { matches: query === '(min-width: 1800px)' }),
    )
  showRuns([run({ status: 'failed', error: 'no such table' })])
  wide.mockRestore()

  expect(cells(/nightly/)[1]).toBe('nightly #7')
  expect(cells(/nightly/).slice(6)).toEqual(['Schedule', 'report', 'no such table'])
})

test('a run has the time by which it is sorted, and says when it was due instead', () => {
  showRuns([
    run({ rowId: '1', scheduledFor: '2026-11-25T03:00:00+01:00', dueAt: '2026-11-25T14:20:00+01:00' }),
    run({ rowId: '2', scheduledFor: '2026-11-25T03:00:00+01:00', dueAt: '2026-11-25T03:00:00+01:00' }),
  ])

  expect(cells(/#1/).slice(1, 3)).toEqual(['nightly #1 due Wed 25 Nov 14:20:00', '03:00:00'])
  expect(cells(/#2/).slice(1, 3)).toEqual(['nightly #2', '03:00:00'])
})

test('a run that repeats another says which', () => {
  showRuns([run({ retriedFrom: '5' })])

  expect(cells(/nightly/)[1]).toBe('nightly #7 repeats #5')
})

test('a run that was asked for is not late', () => {
  showRuns([run({ trigger: 'manual' })])

  expect(cells(/nightly/)[3]).toBe('–')
})

test('runs are listed as running, waiting, then by day', () => {
  const scheduledFor = '2026-11-24T03:00:00+01:00'
  showRuns(
    [
      run({ rowId: '1', status: 'queued' }),
      run({ rowId: '2', status: 'running' }),
      run({ rowId: '3' }),
      run({ rowId: '4', scheduledFor }),
    ],
    { counts: { running: 9, waiting: 1 } },
  )

  expect(titles()).toEqual(['Running · 9 (1 listed)', 'Waiting · 1', 'Today', 'Tue 24 Nov'])
})

test('while rows hold still, a run that ended keeps its place and shows its end', () => {
  showRuns([run()], { held: [{ rowId: '7', status: 'running' }], counts: { running: 1, waiting: 0 } })

  expect(titles()).toEqual(['Running · 1'])
  expect(cells(/nightly/)[0]).toBe('Succeeded')
})

test('the run that is open is the selected row', () => {
  showRuns([run(), run({ rowId: '8' })], { selected: '8' })

  const selected = screen.getAllByRole('row', { selected: true })
  expect(selected.map(({ textContent }) => textContent)).toEqual([expect.stringContaining('#8')])
})

test('that no run matches is said only once the runs are known', () => {
  showRuns(undefined)
  expect(screen.queryByText('No runs match this filter.')).toBeNull()
  expect(screen.getAllByRole('row', { hidden: true }).length).toBeGreaterThan(10)
  cleanup()

  showRuns([])
  expect(screen.getByText('No runs match this filter.')).toBeDefined()
})

type Past = ResultOf<typeof RunHistory_run>

const past = (own: Partial<Past> = {}): Past => {
  const { rowId, status, reason, error, blockedBecause, trigger, scheduledFor, dueAt, ...rest } = run()
  const { startedAt, finishedAt, attempt, cancelRequestedAt } = rest
  const times = { scheduledFor, dueAt, startedAt, finishedAt, attempt, cancelRequestedAt }
  return { rowId, status, reason, error, blockedBecause, trigger, requestedBy: null, ...times, ...own }
}

function showHistory(
  entries: readonly (Past | Gap)[],
  paused: Parameters<typeof RunHistory>[0]['paused'] = null,
) {
  const history = entries.map((entry) =>
    'count' in entry
      ? ({ kind: 'gap', key: `gap ${entry.rowId}`, gap: entry } as const)
      : ({ kind: 'run', key: entry.rowId, run: maskFragments([RunHistory_run], entry) } as const),
  )
  show(<RunHistory entries={history} scheduleId="42" {...{ paused, zone }} />)
}

test('in the history of a schedule a run says what asked for it, and what went wrong', () => {
  showHistory([
    past({ trigger: 'manual', requestedBy: 'ada', status: 'failed', error: 'no such table' }),
    past({ rowId: '8', status: 'skipped', startedAt: null, finishedAt: null, attempt: 0 }),
  ])

  expect(cells(/#7/)).toEqual(['Failed', 'Wed 25 Nov 03:00', 'ada · no such table', '–', '6:14', '1', '#7'])
  expect(cells(/#8/)).toEqual(['Skipped', 'Wed 25 Nov 03:00', 'Schedule', '–', '–', '–', '#8'])
  expect(screen.getByRole('link', { name: '#7' }).getAttribute('href')).toBe('/runs/7')
})

const gap = (own: Partial<Gap> = {}): Gap => ({
  rowId: '1',
  first: '2026-11-24T03:00:00+01:00',
  last: '2026-11-24T05:00:00+01:00',
  reason: 'missed',
  count: 3,
  ...own,
})

test('a gap says from when to when nothing ran, how much that is, and why', () => {
  showHistory([gap()])

  const text = 'to Tue 24 Nov 05:00 · 3 occurrences did not run: no worker fired it in time'
  expect(cells(/did not run/).slice(0, 3)).toEqual(['Missed', 'Tue 24 Nov 03:00', text])
})

test('a gap of one occurrence has one time, and leads to the explanation of it', () => {
  showHistory([gap({ count: 1, reason: 'excluded' })])

  expect(cells(/did not run/)[2]).toBe('1 occurrence did not run: excluded by a calendar')
  const href = screen.getByRole('link', { name: /^Why, .*24 Nov.*03:00/ }).getAttribute('href')
  expect(href).toMatch(/^\/schedules\/42\?why=/)
})

test.each([
  ['paused', 'Paused'],
  ['stopped', 'Stopped'],
] as const)('a gap while it was %s says so', (reason, label) => {
  showHistory([gap({ reason })])

  expect(cells(/did not run/)[0]).toBe(label)
})

test('a schedule that is paused has that as its latest row, with the reason', () => {
  showHistory([past()], { at: '2026-11-25T12:00:00+01:00', reason: 'migration' })

  const first = screen.getAllByRole('row')[1]?.textContent
  expect(first).toMatch(/^PausedWed 25 Nov 12:00Paused since then: migration · what is due/)
})

test('a schedule that has not run yet says so, unless it is paused', () => {
  showHistory([])
  expect(screen.getByText('No runs yet.')).toBeDefined()
  cleanup()

  showHistory([], { at: '2026-11-25T12:00:00+01:00', reason: null })
  expect(screen.queryByText('No runs yet.')).toBeNull()
  expect(screen.getByText(/^Paused since then/).textContent).toMatch(/^Paused since then · /)
})
