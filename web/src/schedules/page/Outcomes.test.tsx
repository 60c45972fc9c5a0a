import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { Outcomes } from './Outcomes.tsx'
import type { Outcome } from './runStatistics.ts'

const now = Date.parse('2026-11-25T14:37:08+01:00')

afterEach(cleanup)

const outcome = (id: string, at: string, own: Partial<Outcome> = {}): Outcome => ({
  id,
  state: 'succeeded',
  at: `2026-11-${at}+01:00`,
  took: 60_000,
  ...own,
})

const show = (outcomes: readonly Outcome[]) => render(<Outcomes {...{ outcomes, now }} zone="Europe/Paris" />)
const axis = () => screen.getByRole('img').nextElementSibling?.children
const ends = () => [...(axis() ?? [])].map(({ textContent }) => textContent)
const heights = () => [...screen.getByRole('img').children].map((bar) => (bar as HTMLElement).style.height)

test('the bars are said as what the outcomes add up to', () => {
  show([outcome('1', '25T01:00'), outcome('2', '25T02:00', { state: 'failed' }), outcome('3', '25T03:00')])

  expect(screen.getByRole('img', { name: '2 succeeded, 1 failed' })).toBeDefined()
})

test('a bar says its state, its time and how long it took', () => {
  show([outcome('1', '25T03:00', { state: 'failed', took: 374_000 })])

  expect(screen.getByTitle(/^Failed, .*03:00.*, took 6:14$/).getAttribute('data-run-state')).toBe('failed')
})

test('the longest fills the height; one that did not run keeps enough to be seen', () => {
  show([
    outcome('1', '25T01:00', { took: 120_000 }),
    outcome('2', '25T02:00', { took: 60_000 }),
    outcome('3', '25T03:00', { state: 'skipped', took: null }),
  ])

  expect(heights()).toEqual(['100%', '58%', '30%'])
  expect(screen.getByTitle(/^Skipped/).title).not.toContain('took')
})

test('the axis has clock times within one day, otherwise days', () => {
  show([outcome('1', '25T01:00'), outcome('2', '25T03:00')])
  expect(ends()).toEqual(['01:00', '03:00'])
  cleanup()

  show([outcome('1', '23T01:00'), outcome('2', '25T03:00')])
  expect(ends()).toEqual(['Mon 23 Nov', 'Wed 25 Nov'])
})

test('without any outcome it says so', () => {
  show([])

  expect(screen.getByText('No outcomes yet.')).toBeDefined()
  expect(screen.queryByRole('img')).toBeNull()
})
