import { MantineProvider } from '@mantine/core'
import { notificationsStore } from '@mantine/notifications'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { Provider } from 'urql'
import { createClient } from '../graphql/client.ts'
import { connection } from '../graphql/connection.ts'
import { watchNetwork } from '../graphql/network.ts'
import { LineContext } from '../graphql/tryNow.ts'
import { UncachedContext } from '../graphql/uncached.ts'
import { session } from '../session/useSession.ts'
import { cssVariablesResolver, theme } from '../theme/theme.ts'
import { keepKeysToDialogs } from '../panel/heldKeys.ts'
import { later, loadNow, useIdle } from '../panel/later.ts'
import { keepEarlyModals } from './earlyModals.ts'
import { router } from './router.tsx'
import { setClockHours } from '../time/clockHours.ts'
import '../theme/mantineStyles.ts'
import '../theme/tokens.css'
import '../theme/base.css'

const Overlays = later(() => import('./Overlays.tsx'), 'Overlays')

/** The page's one client, and the line over which it hears of changes. */
const { client, uncached, line } = createClient({
  origin: window.location.origin,
  connection,
  onRefused: () => void session.check(),
  onSignedOut: session.expire,
})

function IdleOverlays({ onReady }: { onReady: () => void }) {
  return (
    useIdle() && (
      <Suspense>
        <Overlays onReady={onReady} />
      </Suspense>
    )
  )
}

/** Shows the client in an element of the page. */
export function mount(element: HTMLElement | null): void {
  if (element === null) throw new Error('index.html has no element #root to show the client in.')
  // Heard before the page, which then shows its times by it.
  session.subscribe(() => {
    const state = session.get()
    setClockHours((state.status === 'signed-in' ? state.user.clockHours : null) ?? 24)
  })
  const replay = keepEarlyModals(window, loadNow)
  notificationsStore.subscribe(loadNow)
  void session.check()
  keepKeysToDialogs(window)
  watchNetwork(window, { tell: connection.tell, line })
  createRoot(element).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme="auto">
        <Provider value={client}>
          <UncachedContext value={uncached}>
            <LineContext value={line}>
              <RouterProvider router={router} />
              <IdleOverlays onReady={replay} />
            </LineContext>
          </UncachedContext>
        </Provider>
      </MantineProvider>
    </StrictMode>,
  )
}
