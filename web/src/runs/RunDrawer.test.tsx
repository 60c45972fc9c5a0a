import { MantineProvider } from '@mantine/core'
import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  RouterContextProvider,
} from '@tanstack/react-router'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { Provider } from 'urql'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { heldClient } from '../graphql/heldClientFactory.ts'
import { ClockContext } from '../time/now.ts'
import { loadTemporal } from '../time/temporal.ts'
import { RunDrawer } from './RunDrawer.tsx'

const now = Date.parse('2026-11-25T13:37:08Z')
const clock = { get: () => now, subscribe: () => () => undefined }
const router = createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() })

beforeAll(loadTemporal)
afterEach(cleanup)

function show() {
  const onClose = vi.fn()
  const { client } = heldClient()
  const list = (isOpen: boolean) => (
    <MantineProvider env="test">
      <ClockContext value={clock}>
        <Provider value={client}>
          <RouterContextProvider router={router}>
            <button type="button">nightly #7</button>
            {isOpen && <RunDrawer runId="7" zone="UTC" search={{}} onClose={onClose} />}
          </RouterContextProvider>
        </Provider>
      </ClockContext>
    </MantineProvider>
  )
  const { rerender } = render(list(false))
  return { open: () => rerender(list(true)), onClose }
}
const heading = () => screen.getByRole('heading', { name: 'Run #7' })

test('a run that is opened from its row has the focus, and Escape closes it', () => {
  const { open, onClose } = show()
  screen.getByRole('button', { name: 'nightly #7' }).focus()

  open()
  expect(document.activeElement).toBe(heading())

  fireEvent.keyDown(heading(), { key: 'Escape' })
  expect(onClose).toHaveBeenCalledOnce()
})

test('a run that the page was loaded with takes no focus', () => {
  show().open()

  expect(heading()).toBeDefined()
  expect(document.activeElement).toBe(document.body)
})
