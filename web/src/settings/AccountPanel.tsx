import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { Panel } from '../panel/Panel.tsx'
import type { Session } from '../session/session.ts'
import { session, useSession } from '../session/useSession.ts'
import styles from './Settings.module.css'

const mayDo = {
  viewer: 'can see everything, but change nothing',
  operator: 'can change schedules and runs',
  admin: 'can change everything, including users',
}

interface AccountPanelProps {
  source?: Session
}

/** Who is signed in, and the way out. */
export function AccountPanel({ source = session }: AccountPanelProps) {
  const state = useSession(source)
  const [isLeaving, setIsLeaving] = useState(false)
  if (state.status !== 'signed-in') return null
  const { username, displayName, role } = state.user

  const signOut = async () => {
    setIsLeaving(true)
    const isOut = await source.signOut()
    setIsLeaving(false)
    // Zone and drafts of the tab are not for anyone who signs in next.
    if (isOut) sessionStorage.clear()
    if (!isOut)
      notifications.show({
        color: 'red',
        message: 'The server cannot be reached: you are still signed in.',
        autoClose: 10_000,
      })
  }

  return (
    <Panel title="Account">
      <div className={styles.row}>
        <div className={styles.who}>
          <b>{displayName ?? username}</b>
          <span>
            {displayName !== null && `${username} · `}
            {role}: {mayDo[role]}
          </span>
        </div>
        <Button variant="default" size="xs" loading={isLeaving} onClick={() => void signOut()}>
          Sign out
        </Button>
      </div>
    </Panel>
  )
}
