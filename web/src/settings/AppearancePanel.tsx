import { SegmentedControl, useMantineColorScheme } from '@mantine/core'
import { Panel } from '../panel/Panel.tsx'
import styles from './Settings.module.css'

const themes = [
  { value: 'auto', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const

/** Light, dark, or as the system is; the same choice as the toggle of the top bar. */
export function AppearancePanel() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Panel title="Appearance" aside="Stored in this browser">
      <div className={styles.row}>
        <span id="theme-label">Theme</span>
        <SegmentedControl
          aria-labelledby="theme-label"
          size="xs"
          data={[...themes]}
          value={colorScheme}
          onChange={setColorScheme}
        />
      </div>
    </Panel>
  )
}
