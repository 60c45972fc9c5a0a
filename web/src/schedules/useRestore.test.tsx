import { MantineProvider } from '@mantine/core'
import { modals, ModalsProvider } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { Provider } from 'urql'
import { afterEach, expect, test, vi } from 'vitest'
import { heldClient, refusalOf } from '../graphql/heldClientFactory.ts'
import type { Problem } from '../graphql/error.ts'
import { useRestore } from './useRestore.tsx'

afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
})

interface DeletedProps {
  onRestored: (rowId: string) => void
  onEnd: (refused: Problem | null) => void
}

function Deleted({ onRestored, onEnd }: DeletedProps) {
  const restore = useRestore(onRestored)
  return <button onClick={() => void restore({ rowId: '7', name: 'nightly' }).then(onEnd)}>Bring back</button>
}

function show() {
  const server = heldClient()
  const onRestored = vi.fn()
  const onEnd = vi.fn()
  render(
    <MantineProvider env="test">
      <Provider value={server.client}>
        <ModalsProvider>
          <Deleted {...{ onRestored, onEnd }} />
        </ModalsProvider>
      </Provider>
    </MantineProvider>,
  )
  const answer = (does: () => void) => act(async () => void (await Promise.resolve().then(does)))
  return { ...server, onRestored, onEnd, answer }
}

const restored = { restoreSchedule: { result: { rowId: '7', name: 'nightly', deletedAt: null } } }

test('a schedule comes back under its own name', async () => {
  const { last, answer, onRestored, onEnd } = show()
  fireEvent.click(screen.getByText('Bring back'))
  await answer(() => last().answer(restored))

  expect(last().variables).toEqual({ id: '7', newName: null })
  expect(onRestored).toHaveBeenCalledExactlyOnceWith('7')
  expect(onEnd).toHaveBeenCalledExactlyOnceWith(null)
})

test('where another one has its name it asks for a new one, and again where that is refused', async () => {
  const { last, answer, onRestored, onEnd } = show()
  fireEvent.click(screen.getByText('Bring back'))
  await answer(() => last().fail(refusalOf('There is already a schedule nightly.', { code: '23505' })))

  fireEvent.click(await screen.findByRole('button', { name: 'Restore' }))
  await answer(() => last().fail(refusalOf('There is already a schedule nightly-2.', { code: '23505' })))
  expect(screen.getByText('There is already a schedule nightly-2.')).toBeDefined()

  fireEvent.change(screen.getByLabelText('Restore it as'), { target: { value: 'nights' } })
  fireEvent.click(screen.getByRole('button', { name: 'Restore' }))
  expect(last().variables).toEqual({ id: '7', newName: 'nights' })
  await answer(() => last().answer(restored))
  expect(onRestored).toHaveBeenCalledOnce()
  expect(onEnd).toHaveBeenCalledExactlyOnceWith(null)
})

test('one that is given no other name is not restored, for the reason that was said', async () => {
  const { last, answer, onRestored, onEnd } = show()
  fireEvent.click(screen.getByText('Bring back'))
  await answer(() => last().fail(refusalOf('There is already a schedule nightly.', { code: '23505' })))
  await screen.findByRole('dialog')
  expect(onEnd).not.toHaveBeenCalled()

  await act(() => Promise.resolve(modals.closeAll()))

  await vi.waitFor(() =>
    expect(onEnd).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: 'There is already a schedule nightly.' }),
    ),
  )
  expect(onRestored).not.toHaveBeenCalled()
})

test('any other refusal is what it comes to; who asked tells it', async () => {
  const tell = vi.spyOn(notifications, 'show')
  const { last, answer, onRestored, onEnd } = show()
  fireEvent.click(screen.getByText('Bring back'))
  await answer(() => last().fail(refusalOf('It belongs to bo.', { code: 'AL011' })))

  expect(onEnd).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ message: 'It belongs to bo.' }))
  expect(onRestored).not.toHaveBeenCalled()
  expect(tell).not.toHaveBeenCalled()
})
