import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, expect, test } from 'vitest'
import { useKeptFocus } from './useKeptFocus.ts'

/** A part that draws an item elsewhere by itself, without the one that keeps the focus. */
function Grid() {
  const [column, setColumn] = useState(0)
  return (
    <>
      <button onClick={() => setColumn(1)}>turn</button>
      {[0, 1].map((nth) => (
        <div key={nth}>
          {nth === column && <a href="#" data-item="occurrence:1:1000" aria-label={`${nth}`} />}
        </div>
      ))}
    </>
  )
}

function Page() {
  const [isRunning, setIsRunning] = useState(false)
  const key = useKeptFocus(true, (was) => (isRunning && was === 'occurrence:2:2000' ? 'run:2:7' : was))
  const own = isRunning ? 'run:2:7' : 'occurrence:2:2000'
  return (
    <>
      <button onClick={() => setIsRunning(true)}>start</button>
      <output>{key}</output>
      <a key={own} href="#" data-item={own} aria-label={own} />
      <Grid />
    </>
  )
}

/** What the page does once its elements have changed. */
const settled = () => act(() => Promise.resolve())

async function focus(name: string): Promise<void> {
  act(() => screen.getByRole('link', { name }).focus())
  await settled()
}

/** Presses a button by something else than the person at the page: the focus stays where it is. */
async function press(name: string): Promise<void> {
  fireEvent.click(screen.getByRole('button', { name }))
  await settled()
}

afterEach(cleanup)

test('keeps the focus on what another part draws elsewhere by itself', async () => {
  render(<Page />)
  await focus('0')

  await press('turn')

  expect(document.activeElement).toBe(screen.getByRole('link', { name: '1' }))
})

test('keeps the focus on an occurrence whose run has begun, and tells the key of the run', async () => {
  render(<Page />)
  await focus('occurrence:2:2000')

  await press('start')

  expect(document.activeElement).toBe(screen.getByRole('link', { name: 'run:2:7' }))
  expect(screen.getByRole('status').textContent).toBe('run:2:7')
})
