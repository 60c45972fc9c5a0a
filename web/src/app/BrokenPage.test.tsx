import { MantineProvider } from '@mantine/core'
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router'
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { router } from './router.tsx'

afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
})

test('a page that cannot be drawn leaves the frame around it, and says how to go on', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const root = createRootRoute({
    component: () => (
      <>
        <p>The frame</p>
        <Outlet />
      </>
    ),
  })
  const broken = createRoute({
    getParentRoute: () => root,
    path: '/',
    component: function Broken(): never {
      throw new RangeError('Expected a finite number.')
    },
  })
  const own = createRouter({
    routeTree: root.addChildren([broken]),
    history: createMemoryHistory(),
    defaultErrorComponent: router.options.defaultErrorComponent!,
  })
  render(
    <MantineProvider env="test">
      <RouterProvider router={own as unknown as typeof router} />
    </MantineProvider>,
  )

  await screen.findByRole('heading', { name: 'This page could not be shown' })
  expect(screen.getByRole('alert').textContent).toContain('Expected a finite number.')
  expect(screen.getByRole('button', { name: 'Reload' })).toBeTruthy()
  expect(screen.getByRole('link', { name: 'go to the calendar' }).getAttribute('href')).toBe('/')
  expect(screen.getByText('The frame')).toBeTruthy()
})
