import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { loadTemporal } from '../time/temporal.ts'
import { RetentionPanel, type Retention } from './RetentionPanel.tsx'

await loadTemporal()
afterEach(cleanup)

const retention: Retention = {
  keepFor: { days: 90 },
  keepFailuresFor: null,
  keepLast: null,
  schedulesOtherwise: '2',
  oldestRunAt: '2026-09-01T00:00:00+00:00',
  nextFrom: '2026-08-31T00:00:00+00:00',
  nextRuns: '12000',
  nextAt: '2026-12-06T00:00:00+00:00',
  isRunning: false,
  endedAt: '2026-11-30T05:41:00+00:00',
  removedRuns: '3',
  droppedWeeks: 1,
  isBehind: false,
  archive: false,
  archiveWaiting: '0',
  archiveWaitsSince: null,
  archiveIsBehind: false,
}

function show(changes: Partial<Retention> = {}, { canChange = true, answer = null as string | null } = {}) {
  const onChange = vi.fn(() => Promise.resolve(answer))
  render(
    <MantineProvider env="test">
      <RetentionPanel
        retention={{ ...retention, ...changes }}
        zone="UTC"
        canChange={canChange}
        onChange={onChange}
      />
    </MantineProvider>,
  )
  return onChange
}
const panel = () => screen.getByRole('region', { name: 'Retention' }).textContent
const type = (name: string, value: string) =>
  fireEvent.change(screen.getByRole('textbox', { name }), { target: { value } })

test('the rule, what goes next and what went last are in words', () => {
  show()

  expect(panel()).toContain('Runs kept for90 days')
  expect(panel()).toContain('Failures kept forLike other runs')
  expect(panel()).toContain('Runs of a scheduleAll (2 schedules say otherwise)')
  expect(panel()).toContain('The week of 2026-08-31, about 12,000 runs')
  expect(panel()).toContain('removed 3 runs and 1 whole week')
})

test('where nothing is removed, nothing goes next', () => {
  show({ keepFor: null, nextFrom: null, nextAt: null, nextRuns: null, endedAt: null })

  expect(panel()).toContain('Runs kept forForever')
  expect(panel()).toContain('Next to goNothing')
  expect(panel()).toContain('Last passNone yet')
})

test('that it is behind is said', () => {
  show({ isBehind: true })

  expect(screen.getByRole('note').textContent).toContain('What should have gone two days ago is still there.')
})

test('that files are behind is said', () => {
  show({ archiveIsBehind: true })

  expect(screen.getByRole('note').textContent).toContain('waited for two days to be written to files')
})

test('who may not change it has no button for it', () => {
  show({}, { canChange: false })

  expect(screen.queryByRole('button', { name: 'Change' })).toBeNull()
})

test('what is typed is saved, and empty fields set no bound', async () => {
  const onChange = show({ keepLast: 500 })
  fireEvent.click(screen.getByRole('button', { name: 'Change' }))

  type('Runs kept for', '1 year')
  type('Failures kept for', '0')
  type('Latest runs of a schedule', '')
  fireEvent.click(screen.getByRole('button', { name: 'Save' }))

  await waitFor(() => expect(screen.queryByRole('form')).toBeNull())
  expect(onChange.mock.calls).toEqual([
    [{ keepFor: { years: 1 }, keepFailuresFor: { days: 0 }, keepLast: null, archive: false }],
  ])
})

test('what cannot be read is not saved, and what is refused stays as typed', async () => {
  const onChange = show({}, { answer: 'keep_for must be 0, for forever, or from a day to 100 years.' })
  fireEvent.click(screen.getByRole('button', { name: 'Change' }))

  type('Runs kept for', 'ninety')
  fireEvent.click(screen.getByRole('button', { name: 'Save' }))
  expect(onChange).not.toHaveBeenCalled()
  expect(screen.getByText('Enter a length such as 90 days or 1 year.')).toBeTruthy()

  type('Runs kept for', '200 years')
  fireEvent.click(screen.getByRole('button', { name: 'Save' }))
  expect((await screen.findByRole('alert')).textContent).toContain('from a day to 100 years')
  expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Runs kept for' }).value).toBe('200 years')
})

test('whether removed runs are written to files is said, kept by a save, and changed', async () => {
  const onChange = show({
    archive: true,
    archiveWaiting: '1200',
    archiveWaitsSince: '2026-11-30T05:41:00+00:00',
  })
  expect(panel()).toContain('ArchiveAbout 1,200 removed runs not in a file yet, since')

  fireEvent.click(screen.getByRole('button', { name: 'Change' }))
  fireEvent.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(screen.queryByRole('form')).toBeNull())
  fireEvent.click(screen.getByRole('button', { name: 'Change' }))
  fireEvent.click(screen.getByRole('checkbox', { name: 'Write removed runs to files' }))
  fireEvent.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(onChange).toHaveBeenCalledTimes(2))

  expect(onChange.mock.calls).toMatchObject([[{ archive: true }], [{ archive: false }]])
})
