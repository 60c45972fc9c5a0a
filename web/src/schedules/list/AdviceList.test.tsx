import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { AdviceList, type Finding } from './AdviceList.tsx'

afterEach(cleanup)

const finding: Finding = {
  scheduleId: '7',
  scheduleName: 'nightly',
  message: 'No running worker has its task report.',
  remedy: 'Start a worker that has the task.',
}
const show = (findings: readonly Finding[]) =>
  render(<AdviceList findings={findings} link={({ scheduleName }) => <b>{scheduleName}</b>} />)

test('nothing is shown where nothing was found', () => {
  expect(show([]).container.innerHTML).toBe('')
})

test('each finding says what is wrong and what to do', () => {
  show([finding, { ...finding, scheduleId: '8', scheduleName: 'hourly', remedy: null }])

  expect(screen.getByText('2 schedules need attention')).toBeTruthy()
  expect(
    screen.getAllByRole('listitem', { hidden: true }).map(({ textContent }) => textContent.trim()),
  ).toEqual([
    'nightly No running worker has its task report. Start a worker that has the task.',
    'hourly No running worker has its task report.',
  ])
})

test('one schedule is not several, with two findings neither', () => {
  show([finding, { ...finding, message: 'Its runs outlast its slot.' }])

  expect(screen.getByText('1 schedule needs attention')).toBeTruthy()
})
