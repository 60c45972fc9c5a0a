import { useSyncExternalStore } from 'react'
import type { ClockHours } from '../time/clockHours.ts'
import { createSession, type Session, type SessionState } from './session.ts'

/** The page's one session. */
export const session: Session = createSession((path, init) =>
  fetch(path, { credentials: 'same-origin', ...init }),
)

interface Permissions {
  canChange: boolean
  isAdmin: boolean
}

/** How the client looks to the user: what they chose, otherwise the default. */
interface Preferences {
  /** Null: the zone of the browser. */
  ownZone: string | null
  /** Of the second column of hours; null: there is none. */
  secondZone: string | null
  clockHours: ClockHours
  /** First day of weeks, 1 for Monday to 7. */
  weekStart: number
}

/** Who is signed in, whether they may change anything, and how they want it to look. */
export function useSession(source: Session = session): SessionState & Permissions & Preferences {
  const state = useSyncExternalStore(source.subscribe, source.get)
  const user = state.status === 'signed-in' ? state.user : undefined
  return {
    ...state,
    canChange: user !== undefined && user.role !== 'viewer',
    isAdmin: user?.role === 'admin',
    ownZone: user?.timezone ?? null,
    secondZone: user?.secondTimezone === 'none' ? null : (user?.secondTimezone ?? 'UTC'),
    clockHours: user?.clockHours ?? 24,
    weekStart: user?.weekStartsOn ?? 1,
  }
}
