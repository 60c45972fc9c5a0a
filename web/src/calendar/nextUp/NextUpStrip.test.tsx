import { MantineProvider } from '@mantine/core'
import { cleanup, render, screen, within } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { ClockContext } from '../../time/now.ts'
import type { NextUp } from './nextUp.ts'
import { NextUpStrip } from './NextUpStrip.tsx'

const now = Date.parse('2026-11-25T13:00:00Z')
const clock = { get: () => now, subscribe: () => () => undefined }
const nothing: NextUp = {
  next: [],
  active: [],
  activeCount: 0,
  runningCount: 0,
  retryingCount: 0,
  failed: [],
  failedCount: 0,
  areMoreFailed: false,
  hasSchedules: true,
  isNextCut: false,
}

afterEach(cleanup)

function show(props: Partial<Parameters<typeof NextUpStrip>[0]>): HTMLElement {
  render(
    <MantineProvider>
      <ClockContext value={clock}>
        <NextUpStrip
          nextUp={nothing}
          asOf={null}
          problem={null}
          retryAction={<button>Try again</button>}
          timeZone="UTC"
          scheduleLink={(_, name) => name}
          runLink={(_, name) => name}
          {...props}
        />
      </ClockContext>
    </MantineProvider>,
  )
  return screen.getByRole('complementary', { name: 'Next up' })
}
const problem = {
  message: 'Cannot reach the server.',
  code: 'network',
  detail: null,
  hint: null,
  field: null,
}

test('what the database says now is a fact', () => {
  const text = show({}).textContent

  expect(text).toContain('Nothing is running.')
  expect(text).toContain('No failures.')
})

test('while it is on its way, or could not be had, nothing is claimed', () => {
  expect(show({ nextUp: null }).textContent).not.toMatch(/No |Nothing /)
  cleanup()

  const strip = show({ nextUp: null, problem })
  expect(strip.textContent).not.toMatch(/No |Nothing /)
  expect(within(strip).getByRole('button', { name: 'Try again' })).toBeDefined()
})

test('what may have changed since is dated, and what was kept is being checked', () => {
  expect(show({ asOf: now - 40_000 }).textContent).toContain('No failures as of 12:59:20.')
  cleanup()

  const strip = show({ asOf: undefined })
  expect(strip.textContent).not.toMatch(/No |Nothing /)
  expect(strip.getAttribute('aria-busy')).toBe('true')
})

test('an occurrence that is due and has not fired stays, and says so', () => {
  const strip = show({
    nextUp: { ...nothing, next: [{ scheduleId: '1', name: 'nightly', at: now - 200_000 }] },
  })

  expect(strip.textContent).toContain('due 3 min ago')
})

test('unfinished runs are counted by the database, not by what is listed', () => {
  const run = {
    runId: '1',
    scheduleId: '1',
    name: 'load',
    state: 'running' as const,
    since: now,
    attempt: 1,
    maxAttempts: 1,
    reason: null,
    progress: null,
  }
  const strip = show({
    nextUp: { ...nothing, active: [run], activeCount: 137, runningCount: 130, retryingCount: 3 },
  })

  expect(within(strip).getByRole('heading', { name: /^Running now/ }).textContent).toBe(
    'Running now130, 4 waiting, 3 retrying',
  )
  expect(strip.textContent).toContain('129 more')
})

test('in a filter it claims nothing of what is left out', () => {
  const text = show({ isFiltered: true }).textContent

  expect(text).toContain('No failures in this filter.')
  expect(text).not.toContain('No failures.')
})

test('a filter by status leaves the part that it is about', () => {
  const titles = (only: Parameters<typeof NextUpStrip>[0]['only']) => {
    cleanup()
    return within(show({ isFiltered: true, only }))
      .getAllByRole('heading')
      .map((heading) => heading.textContent?.replace(/UTC|\d+$/, ''))
  }

  expect(titles('failed')).toEqual(['Failed in the last 24 h'])
  expect(titles('running')).toEqual(['Running now'])
  expect(titles('succeeded')).toHaveLength(3)
})

test('folded it counts, says when the next is due, and claims nothing that is not known', () => {
  const upcoming = { scheduleId: '1', name: 'nightly', at: now + 95_000 }
  const nextUp = { ...nothing, next: [upcoming], activeCount: 3, runningCount: 1, failedCount: 2 }
  const onFold = vi.fn()
  const folded = (props: Partial<Parameters<typeof NextUpStrip>[0]>) => {
    cleanup()
    return show({ nextUp, isFolded: true, onFold, ...props })
  }

  expect(folded({}).textContent).toBe('1:35next1running2waiting0retrying2failed in 24 h')
  expect(folded({ asOf: undefined }).textContent).toBe('1:35next1running2waiting–retrying2failed in 24 h')
  expect(folded({ nextUp: null }).textContent).toBe('–running–waiting–retrying–failed in 24 h')
  const many = { ...nextUp, failedCount: 1000, areMoreFailed: true }
  expect(folded({ nextUp: many }).textContent).toContain('1,000+failed in 24 h')
  const tomorrow = { ...nextUp, next: [{ ...upcoming, at: now + 58_400_000 }] }
  expect(folded({ nextUp: tomorrow }).textContent).toContain('16 h 13 minnext')
  const late = { ...nextUp, next: [{ ...upcoming, at: now - 60_000 }] }
  expect(folded({ nextUp: late }).textContent).toContain('overduenext')
  screen.getByRole('button', { name: 'Show what is next', expanded: false }).click()
  expect(onFold).toHaveBeenCalledOnce()
})
