import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { Anchored } from './Anchored.tsx'

afterEach(cleanup)

function show() {
  render(
    <>
      <button type="button">Behind</button>
      <Anchored anchor={() => null} label="Question" className="question">
        <h2 tabIndex={-1} data-autofocus>
          Really?
        </h2>
        <button type="button">First</button>
        <button type="button">Last</button>
      </Anchored>
    </>,
  )
}
const tab = (shiftKey = false) => {
  fireEvent.keyDown(document.activeElement ?? document.body, { key: 'Tab', shiftKey })
  return document.activeElement?.textContent
}

test('Tab goes round within it, either way, and not into the page behind', async () => {
  show()
  await expect.poll(() => document.activeElement?.textContent).toBe('Really?')

  expect([tab(), tab(), tab(), tab(true), tab(true)]).toEqual(['First', 'Last', 'First', 'Last', 'First'])
})

test('a press on its text leaves the keys with it', async () => {
  show()
  await expect.poll(() => document.activeElement?.textContent).toBe('Really?')
  const dialog = screen.getByRole('dialog', { name: 'Question' })

  dialog.focus()

  expect(document.activeElement).toBe(dialog)
  expect(tab()).toBe('First')
})
