import { ModalsProvider } from '@mantine/modals'
import { Notifications } from '@mantine/notifications'
import { useEffect } from 'react'
import '../theme/moreStyles.ts'
import '@mantine/notifications/styles.css'

/** What is shown above the pages, for all of them: questions to confirm, and what was done. */
export function Overlays({ onReady }: { onReady: () => void }) {
  useEffect(onReady, [onReady])
  return (
    <ModalsProvider>
      <Notifications className="toasts" position="bottom-left" limit={4} />
    </ModalsProvider>
  )
}
