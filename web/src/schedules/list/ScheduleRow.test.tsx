import { MantineProvider } from '@mantine/core'
import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  RouterContextProvider,
} from '@tanstack/react-router'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { maskFragments } from 'gql.tada'
import { afterEach, expect, test, vi } from 'vitest'
import type { ResultOf } from '../../graphql/graphql.ts'
import type { RunState } from '../../runs/runState.ts'
import { ClockContext } from '../../time/now.ts'
import { readWarning, WarningsContext } from '../warnings/scheduleWarnings.ts'
import { ScheduleRow, ScheduleRow_schedule } from './ScheduleRow.tsx'
import { Sparkline } from './Sparkline.tsx'

const now = Date.parse('2026-11-25T14:37:08+01:00')
const clock = { get: () => now, subscribe: () => () => undefined }
const router = createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() })

afterEach(cleanup)

type Schedule = ResultOf<typeof ScheduleRow_schedule>

const nightly: Schedule = {
  rowId: '42',
  name: 'nightly',
  isSystem: false,
  status: 'active',
  kind: 'cron',
  cronExpression: '30 2 * * *',
  every: null,
  runAt: null,
  timezone: 'Europe/Paris',
  nextRunAt: '2026-11-26T02:30:00+01:00',
  warning: null,
  blockedBecause: null,
  lastStatus: 'failed',
  totalRuns: '12345',
  tags: ['data', 'ops'],
  createdBy: 'ada',
  deletedAt: null,
  failedRuns: '1234',
}

function show(
  own: Partial<Schedule> = {},
  outcomes: readonly RunState[] = ['failed'],
  mayRestore = true,
  warnings: readonly string[] = [],
) {
  const known = warnings.map((warning) =>
    readWarning({ warning, detail: `Why ${warning}.`, p95: null, distance: null })!,
  )
  const onTag = vi.fn()
  const onRestore = vi.fn()
  render(
    <MantineProvider>
      <ClockContext value={clock}>
        <RouterContextProvider router={router}>
          <WarningsContext value={new Map([['42', known]])}>
            <table>
              <tbody>
                <ScheduleRow
                  schedule={maskFragments([ScheduleRow_schedule], { ...nightly, ...own })}
                  zone="Europe/Paris"
                  onRestore={mayRestore ? onRestore : null}
                  last={{ outcomes, endedFor: outcomes.length === 0 ? null : '2026-11-25T02:30:00+01:00' }}
                  onTag={onTag}
                />
              </tbody>
            </table>
          </WarningsContext>
        </RouterContextProvider>
      </ClockContext>
    </MantineProvider>,
  )
  return { onTag, onRestore }
}

const cells = () => screen.getAllByRole('cell').map(({ textContent }) => textContent)

test('a schedule says its rule in words and in full, with its zone', () => {
  show()

  expect(cells()[2]).toBe('At 02:30 every day30 2 * * * Europe/Paris')
  expect(cells()[3]).toBe('Cron')
})

test('a schedule links to its page, and says who made it', () => {
  show()

  expect(screen.getByRole('link', { name: 'nightly' }).getAttribute('href')).toBe('/schedules/42')
  expect(cells()[4]).toBe('ada')
})

test('a schedule says when it is due, how the last run went, and how many there were and failed', () => {
  show()

  const [next, last, , total, failed] = cells().slice(5)
  expect(next).toBe('Thu 26 Nov 02:30 in 11 h 52 min')
  expect(last).toBe('Failed Wed 25 Nov 02:30')
  expect([total, failed]).toEqual(['12,345', '1,234'])
})

test('a schedule that has not run says so', () => {
  show({ lastStatus: null, totalRuns: '0', failedRuns: '0' }, [])

  expect(cells().slice(6)).toEqual(['None yet', '–', '0', '0'])
})

test('a schedule whose rule never matches says so as its state, too', () => {
  show({ status: 'completed', nextRunAt: null, warning: 'No date ever matches its rule, 0 0 31 2 *.' })

  expect(cells()[0]).toBe('Never runs')
  expect(cells()[5]).toBe('Never runs: No date ever matches its rule, 0 0 31 2 *.')
  cleanup()

  show({ status: 'completed', nextRunAt: null })
  expect(cells()[0]).toBe('Completed')
})

test('a schedule that runs only when triggered has no zone', () => {
  show({ kind: 'manual', cronExpression: null, nextRunAt: null })

  expect(cells()[2]).not.toContain('Europe/Paris')
  expect(cells()[5]).toBe('When triggered')
})

test('a tag narrows the list to it', () => {
  const { onTag } = show()

  fireEvent.click(screen.getByRole('button', { name: 'Only with the tag ops' }))

  expect(onTag).toHaveBeenCalledExactlyOnceWith('ops')
})

test('a deleted schedule is restored by a button that names it, for those who may', () => {
  const deletedAt = '2026-11-25T12:00:00+01:00'
  const { onRestore } = show({ deletedAt })
  expect(cells()[0]).toContain('Deleted')
  fireEvent.click(screen.getByRole('button', { name: /^Restore ?nightly$/ }))
  expect(onRestore).toHaveBeenCalledExactlyOnceWith({ rowId: '42', name: 'nightly' })
  cleanup()

  show({ deletedAt }, undefined, false)
  expect(screen.queryByRole('button', { name: /^Restore/ })).toBeNull()
  cleanup()

  show()
  expect(screen.queryByRole('button', { name: /^Restore/ })).toBeNull()
})

test('the last outcomes are said in words', () => {
  show({}, ['succeeded', 'failed', 'succeeded'])

  expect(screen.getByRole('img', { name: 'Last 3: 2 succeeded, 1 failed' })).toBeDefined()
})

test('among the last outcomes failures are tallest, the newest is on the right', () => {
  const { container } = render(<Sparkline outcomes={['failed', 'succeeded', 'skipped', 'failed']} />)

  const bars = [...container.querySelectorAll('path')].map((path) => [
    path.getAttribute('data-run-state'),
    path.getAttribute('d'),
  ])
  expect(bars).toEqual([
    ['failed', 'M112.75 18v-18M118.75 18v-18'],
    ['succeeded', 'M114.75 18v-9'],
    ['skipped', 'M116.75 18v-5'],
  ])
})

test('where nothing has ended yet there is a dash, and no picture', () => {
  const { container } = render(<Sparkline outcomes={[]} />)

  expect(container.textContent).toBe('–')
  expect(screen.queryByRole('img')).toBeNull()
})

test('what is wrong with it is shown at its next time, where it already says that it never runs', () => {
  show({}, ['failed'], true, ['never runs', 'outlasts its slot', 'no worker'])

  expect(cells()[5]).toContain('Outlasts its slot: Why outlasts its slot. No worker: Why no worker.')
  expect(cells()[5]).not.toContain('Why never runs')
})

test('a schedule whose task is switched off says so, and no time at which it would run', () => {
  show({ blockedBecause: 'Its task report is switched off, by ada.' })

  expect(screen.getByTitle('Its task report is switched off, by ada.').textContent).toBe(
    'Blocked: Its task report is switched off, by ada.',
  )
  expect(screen.queryByText(/26 Nov/)).toBeNull()
  expect(screen.getByText('Blocked', { selector: '.faint' })).toBeTruthy()
})
