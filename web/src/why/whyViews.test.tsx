import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { loadTemporal } from '../time/temporal.ts'
import { Why } from './Why.tsx'
import type { Explanation } from './useWhy.ts'
import { WhyQuestion } from './WhyQuestion.tsx'

beforeAll(loadTemporal)
afterEach(cleanup)

const show = (node: ReactNode) => render(<MantineProvider env="test">{node}</MantineProvider>)
const explanation = (own: Partial<Explanation>) =>
  show(<Why lines={undefined} problem={null} asOf={null} onTry={() => undefined} zone="UTC" {...own} />)
const problem = {
  message: 'Cannot reach the server.',
  code: 'network',
  detail: null,
  hint: null,
  field: null,
}

test('each line of an explanation is a paragraph', () => {
  const { container } = explanation({ lines: ['Its rule names that time.', 'It was excluded.'] })

  expect([...container.querySelectorAll('p')].map(({ textContent }) => textContent)).toEqual([
    'Its rule names that time.',
    'It was excluded.',
  ])
})

test('on its way, refused and old are not mistaken for an explanation', () => {
  explanation({})
  expect(screen.getByRole('status', { name: 'Loading' })).toBeDefined()
  cleanup()

  const onTry = vi.fn()
  explanation({ problem, onTry })
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(screen.getByRole('alert').textContent).toContain('Cannot reach the server.')
  expect(onTry).toHaveBeenCalledOnce()
  cleanup()

  explanation({ lines: ['It is upcoming.'], problem, asOf: Date.parse('2026-11-25T12:40:00Z') })
  expect(screen.getByRole('alert').textContent).toContain('What is shown is as of 12:40:00.')
  expect(screen.getByText('It is upcoming.')).toBeDefined()
})

test('one asks about a time as the clocks of the schedule show it', () => {
  const onAsk = vi.fn()
  show(
    <WhyQuestion zone="Europe/Paris" moment={null} suggestion="2026-12-24T06:30:00Z" onAsk={onAsk}>
      explained
    </WhyQuestion>,
  )
  screen.getByRole('group', { name: 'Why did it run, or not run, on …? Europe/Paris' })
  const date = screen.getByLabelText<HTMLInputElement>(/: date$/)
  const time = screen.getByLabelText<HTMLInputElement>(/: time$/)
  expect([date.value, time.value]).toEqual(['2026-12-24', '07:30'])
  expect(screen.queryByText('explained')).toBeNull()

  fireEvent.change(date, { target: { value: '2026-12-25' } })
  fireEvent.click(screen.getByRole('button', { name: 'Explain' }))

  expect(onAsk).toHaveBeenCalledWith('2026-12-25T06:30:00.000Z')
})
