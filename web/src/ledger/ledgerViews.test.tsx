import { MantineProvider } from '@mantine/core'
import { cleanup, render, screen, within } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, expect, test } from 'vitest'
import { ClockContext } from '../time/now.ts'
import { CheckTable } from './CheckTable.tsx'
import { FindingPanel } from './FindingPanel.tsx'
import { LedgerStatus } from './LedgerStatus.tsx'

const now = Date.parse('2026-11-25T12:40:00Z')
const clock = { get: () => now, subscribe: () => () => undefined }
const check = {
  rowId: '7',
  checkedAt: '2026-11-25T12:17:00Z',
  rangeStart: '2026-11-25T10:17:00Z',
  rangeEnd: '2026-11-25T12:17:00Z',
  uncheckedSince: null,
  found: 0,
  tookMs: 480,
  staleAt: '2026-11-25T14:17:00Z',
}

afterEach(cleanup)

const show = (node: ReactNode) =>
  render(
    <MantineProvider>
      <ClockContext value={clock}>{node}</ClockContext>
    </MantineProvider>,
  )
const status = (last: typeof check | null) => {
  show(<LedgerStatus check={last} now={now} zone="UTC" workersLink={<a href="/workers">Workers</a>} />)
  return screen.getByRole('status').textContent
}

test('a ledger as it should be is said with when and what was looked at', () => {
  expect(status(check)).toBe(
    'No gaps, no duplicates · checked 12:17Every time that a rule named from Wed 25 Nov 10:17 to Wed 25 Nov 12:17 has exactly one outcome.',
  )
})

test('problems are counted', () => {
  expect(status({ ...check, found: 2 })).toContain('2 problems · checked 12:17')
})

test.each([
  ['never', null],
  ['not for two hours', { ...check, staleAt: '2026-11-25T12:39:59Z' }],
])('where no one checked %s, the way to the workers is shown', (_when, last) => {
  status(last)

  expect(screen.getByRole('link', { name: 'Workers' })).toBeDefined()
})

test('findings of a kind say what they mean, what to do, which they are and how many are not listed', () => {
  show(
    <FindingPanel
      problem="overdue"
      count={130}
      findings={[
        {
          problem: 'overdue',
          scheduleId: '7',
          scheduleName: 'nightly',
          scheduledFor: '2026-11-25T03:00:00Z',
          detail: 'Is a worker running?',
        },
      ]}
      zone="Europe/Paris"
      scheduleLink={({ scheduleId, scheduleName }) => <a href={`/schedules/${scheduleId}`}>{scheduleName}</a>}
    />,
  )

  const panel = screen.getByRole('region', { name: 'Overdue: 130' })
  expect(panel.textContent).toContain('Check whether a worker is running.')
  expect(panel.textContent).toContain('129 more are not listed here.')
  const row = within(panel).getByRole('row', { name: /nightly/ })
  expect(row.textContent).toContain('Wed 25 Nov 04:00')
  expect(within(row).getByRole('link', { name: 'nightly' })).toBeDefined()
})

test('checks are listed with what they found', () => {
  show(<CheckTable checks={[check, { ...check, rowId: '6', found: 1 }]} zone="UTC" />)

  const rows = within(screen.getByRole('table', { name: 'Checks' })).getAllByRole('row')
  expect(rows.map((row) => row.textContent)).toEqual([
    'CheckedFoundRangeTook',
    'Wed 25 Nov 12:17No gaps, no duplicatesWed 25 Nov 10:17 to Wed 25 Nov 12:170.48 s',
    'Wed 25 Nov 12:171 problemWed 25 Nov 10:17 to Wed 25 Nov 12:170.48 s',
  ])
})
