import { IconSettings } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useSession } from '../session/useSession.ts'

/** The way to the settings; its title says who is signed in. */
export function SettingsLink() {
  const state = useSession()
  const title =
    state.status === 'signed-in' ? `Signed in as ${state.user.username} (${state.user.role})` : undefined
  return (
    <Link to="/settings" className="rail-end" activeOptions={{ includeSearch: false }} title={title}>
      <IconSettings aria-hidden />
      Settings
    </Link>
  )
}
