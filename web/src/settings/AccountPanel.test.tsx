import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { createSession } from '../session/session.ts'
import { AccountPanel } from './AccountPanel.tsx'

afterEach(() => {
  cleanup()
  sessionStorage.clear()
})

interface User {
  username: string
  displayName?: string
  role: 'viewer' | 'operator' | 'admin'
}

async function show(user: User, canLeave = true) {
  const source = createSession((path) =>
    path === '/auth/logout'
      ? Promise.resolve(new Response(null, { status: canLeave ? 200 : 503 }))
      : Promise.resolve(new Response(JSON.stringify({ user }))),
  )
  await source.check()
  const { container } = render(
    <MantineProvider env="test">
      <Notifications />
      <AccountPanel source={source} />
    </MantineProvider>,
  )
  return { source, container }
}

test.each([
  ['viewer', 'can see everything, but change nothing'],
  ['operator', 'can change schedules and runs'],
  ['admin', 'can change everything, including users'],
] as const)('the account of a %s says what the role may do', async (role, may) => {
  await show({ username: 'ada', role })

  expect(screen.getByText('ada').nextElementSibling?.textContent).toBe(`${role}: ${may}`)
})

test('a display name comes first, the name to sign in with stays', async () => {
  await show({ username: 'ada', displayName: 'Ada Lovelace', role: 'admin' })

  expect(screen.getByText('Ada Lovelace').nextElementSibling?.textContent).toMatch(/^ada · admin: /)
})

test('signing out leaves nothing of the tab to anyone who signs in next', async () => {
  sessionStorage.setItem('draft', 'secret')
  const { source } = await show({ username: 'ada', role: 'admin' })

  fireEvent.click(screen.getByRole('button', { name: 'Sign out' }))

  await waitFor(() => expect(screen.queryByText('ada')).toBeNull())
  expect(source.get()).toEqual({ status: 'signed-out' })
  await waitFor(() => expect(sessionStorage.length).toBe(0))
})

test('where the server did not hear of it, one is told to be still signed in, and keeps what the tab has', async () => {
  sessionStorage.setItem('draft', 'mine')
  await show({ username: 'ada', role: 'admin' }, false)

  fireEvent.click(screen.getByRole('button', { name: 'Sign out' }))

  expect(await screen.findByText(/you are still signed in/)).toBeDefined()
  expect(screen.getByText('ada')).toBeDefined()
  expect(sessionStorage.getItem('draft')).toBe('mine')
})
