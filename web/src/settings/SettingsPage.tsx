import { AccountPanel } from './AccountPanel.tsx'
import { AppearancePanel } from './AppearancePanel.tsx'
import { TimePanel } from './TimePanel.tsx'
import styles from './Settings.module.css'

/** Who is signed in, and how the client looks to them. */
export function SettingsPage() {
  return (
    <div className="page">
      <h1 className="visually-hidden">Settings</h1>
      <div className={`stack ${styles.settings}`}>
        <AccountPanel />
        <TimePanel />
        <AppearancePanel />
      </div>
    </div>
  )
}
