import { useSyncExternalStore } from 'react'
import { createSession, type Session, type SessionState } from './session.ts'

/** The page's one session. */
export const session: Session = createSession((path, init) =>
  fetch(path, { credentials: 'same-origin', ...init }),
)

/** Who is signed in, and whether they may change anything. */
export function useSession(
  source: Session = session,
): SessionState & { canChange: boolean; isAdmin: boolean } {
  const state = useSyncExternalStore(source.subscribe, source.get)
  const role = state.status === 'signed-in' ? state.user.role : 'viewer'
  return { ...state, canChange: role !== 'viewer', isAdmin: role === 'admin' }
}
