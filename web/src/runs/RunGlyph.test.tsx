import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { RunGlyph, RunStateText } from './RunGlyph.tsx'
import { compareSeverity, runStateLabel, runStateOf, runStates } from './runState.ts'

afterEach(cleanup)

test.each(runStates)('the glyph of %s is spoken when it stands alone', (state) => {
  render(<RunGlyph state={state} label={runStateLabel(state)} />)

  expect(screen.getByRole('img', { name: runStateLabel(state) })).toBeTruthy()
})

test('next to its words the glyph is silent', () => {
  render(<RunStateText state="failed" />)

  expect(screen.getByText('Failed')).toBeTruthy()
  expect(screen.queryByRole('img')).toBeNull()
})

test('every state has a name of its own', () => {
  expect(new Set(runStates.map(runStateLabel)).size).toBe(runStates.length)
})

test('a run without a status is still upcoming', () => {
  expect(runStateOf(null)).toBe('future')
  expect(runStateOf('TIMED_OUT')).toBe('timed_out')
})

test('failures come first and success last', () => {
  const sorted = [...runStates].sort(compareSeverity)

  expect([sorted[0], sorted.at(-1)]).toEqual(['failed', 'succeeded'])
})
