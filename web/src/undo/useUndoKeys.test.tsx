import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, expect, test } from 'vitest'
import type { Problem } from '../graphql/error.ts'
import { inUndoOrder, offerUndo, undoLast, undoList } from './offerUndo.tsx'
import { UndoDialog } from './UndoDialog.tsx'
import { useUndoKeys } from './useUndoKeys.ts'

afterEach(() => {
  cleanup()
  for (const { id } of undoList.get()) undoList.take(id)
})

function Undo() {
  const [isOpen, setIsOpen] = useState(false)
  useUndoKeys(() => setIsOpen(true))
  return <UndoDialog isOpen={isOpen} onClose={() => setIsOpen(false)} />
}

function show(...texts: readonly string[]) {
  const undone: string[] = []
  for (const text of texts)
    undoList.add({
      text,
      undo: () => {
        undone.push(text)
        return Promise.resolve(null)
      },
    })
  render(
    <MantineProvider env="test">
      <Undo />
    </MantineProvider>,
  )
  return undone
}

const press = (key: string, modifiers: { ctrlKey?: boolean; shiftKey?: boolean } = {}) =>
  fireEvent.keyDown(document.documentElement, { key, code: 'KeyZ', ...modifiers })

test.each([
  ['Z', {}],
  ['Ctrl and Z', { ctrlKey: true }],
])('%s takes back the last thing that was done, and only that', async (_, modifiers) => {
  const undone = show('Skipped nightly', 'Paused fx-rates')

  press('z', modifiers)

  await waitFor(() => expect(undone).toEqual(['Paused fx-rates']))
  expect(undoList.get().map(({ text }) => text)).toEqual(['Skipped nightly'])
  expect(screen.queryByRole('dialog')).toBeNull()
})

test('Z means a change that shows and is still being sent, not the one before it', async () => {
  const undone = show('Skipped nightly')
  const { promise: answered, resolve: answer } = Promise.withResolvers<undefined>()
  const pause = inUndoOrder(async () => {
    await answered
    offerUndo('Paused fx-rates', () => {
      undone.push('Paused fx-rates')
      return Promise.resolve(null)
    })
  })

  const sent = pause()
  press('z')
  answer(undefined)
  await sent

  await waitFor(() => expect(undone).toEqual(['Paused fx-rates']))
  expect(undoList.get().map(({ text }) => text)).toEqual(['Skipped nightly'])
})

test('Z twice takes back the last two, one after the other', async () => {
  const undone = show('Skipped nightly')
  const { promise: answered, resolve: answer } = Promise.withResolvers<null>()
  undoList.add({
    text: 'Paused fx-rates',
    undo: () => {
      undone.push('Paused fx-rates')
      return answered
    },
  })

  press('z')
  press('z')
  await waitFor(() => expect(undone).toEqual(['Paused fx-rates']))
  answer(null)

  await waitFor(() => expect(undone).toEqual(['Paused fx-rates', 'Skipped nightly']))
})

test('Shift and Z lists what can be taken back, the latest first, each with a button', async () => {
  const undone = show('Skipped nightly', 'Paused fx-rates')

  press('Z', { shiftKey: true })
  await screen.findByRole('dialog', { name: 'Undo' })
  const rows = screen.getAllByRole('listitem').map(({ textContent }) => textContent)
  expect(rows).toEqual([
    expect.stringContaining('Paused fx-rates'),
    expect.stringContaining('Skipped nightly'),
  ])
  fireEvent.click(screen.getAllByRole('button', { name: 'Undo' })[1] as HTMLElement)

  expect(undone).toEqual(['Skipped nightly'])
  await waitFor(() => expect(screen.getAllByRole('listitem')).toHaveLength(1))
})

test('what is refused stays in the list, says why, and Z tries it again', async () => {
  const answers: (Problem | null)[] = [
    { message: 'The server failed to answer.', code: null, detail: null, hint: null, field: null },
    null,
  ]
  undoList.add({ text: 'Paused fx-rates', undo: () => Promise.resolve(answers.shift() ?? null) })
  show()

  press('z')
  await waitFor(() => expect(undoList.get()[0]?.refused).not.toBeNull())
  press('Z', { shiftKey: true })
  await screen.findByRole('dialog', { name: 'Undo' })
  const [first] = screen.getAllByRole('listitem')
  expect(first?.textContent).toContain('Could not undo: The server failed to answer.')
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(undoList.get()).toEqual([]))
})

test('what someone has changed since is refused for good: Z continues with the one before', async () => {
  const undone: string[] = []
  const own = (text: string, refused: Problem | null) => ({
    text,
    undo: () => {
      undone.push(text)
      return Promise.resolve(refused)
    },
  })
  const message = 'Schedule nightly was changed meanwhile.'
  undoList.add(own('Skipped nightly', null))
  undoList.add(own('Moved nightly', { message, code: 'AL029', detail: null, hint: null, field: null }))
  show()

  press('z')
  await waitFor(() => expect(undone).toEqual(['Moved nightly']))
  await waitFor(() => expect(undoList.get().map(({ text }) => text)).toEqual(['Skipped nightly']))
  press('z')

  await waitFor(() => expect(undone).toEqual(['Moved nightly', 'Skipped nightly']))
})

test('where there is nothing to take back, Z says so, and Ctrl with Z does nothing', async () => {
  show()

  press('z', { ctrlKey: true })
  await undoLast()
  expect(screen.queryByRole('dialog')).toBeNull()

  press('z')
  expect((await screen.findByRole('dialog', { name: 'Undo' })).textContent).toContain('Nothing to undo.')
})
