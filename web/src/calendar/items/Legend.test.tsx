import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { runStateLabel, runStates } from '../../runs/runState.ts'
import { Legend } from './Legend.tsx'

afterEach(cleanup)

test('the legend names each state that looks like no other', () => {
  render(<Legend lanes={[]} note={null} hasExcluded={false} />)

  const text = screen.getByRole('contentinfo', { name: 'Legend' }).textContent
  const alike = ['waiting', 'timed_out', 'moved']
  for (const state of runStates.filter((each) => !alike.includes(each))) {
    expect(text, state).toContain(runStateLabel(state))
  }
})
