import { SegmentedControl, Select } from '@mantine/core'
import { useMemo } from 'react'
import { Panel } from '../panel/Panel.tsx'
import { useSession } from '../session/useSession.ts'
import { formatOffset, plainClock, timeZones } from '../time/instant.ts'
import { useMinute } from '../time/useMinute.ts'
import { browserTimeZone } from '../time/zone.ts'
import styles from './Settings.module.css'
import { SecondZoneSelect } from './SecondZoneSelect.tsx'
import { useOwnSettings } from './useOwnSettings.ts'

const clocks = [
  { value: '24', label: '24 hours' },
  { value: '12', label: '12 hours' },
]

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const weekStarts = weekdays.map((label, index) => ({ value: String(index + 1), label }))

const ofBrowser = 'browser'

/** In which zone, on which clock and in which weeks the signed-in user sees times, wherever they sign in. */
export function TimePanel() {
  const now = useMinute()
  const { status, ownZone, clockHours, weekStart } = useSession()
  const { isChanging, change } = useOwnSettings()
  const zones = useMemo(
    () => [
      { value: ofBrowser, label: `Same as the browser: ${browserTimeZone()}` },
      ...timeZones().map((zone) => ({ value: zone, label: zone })),
    ],
    [],
  )
  if (status !== 'signed-in') return null
  const zone = ownZone ?? browserTimeZone()
  return (
    <Panel title="Time" aside="Saved to your account">
      <div className={styles.row}>
        <div>
          <label htmlFor="own-zone">Time zone</label>
          <small id="own-zone-now">
            It is {plainClock(now, zone, 'never')} there, {formatOffset(now, zone)}
          </small>
        </div>
        <Select
          id="own-zone"
          aria-describedby="own-zone-now"
          size="xs"
          className={styles.zone ?? ''}
          searchable
          selectFirstOptionOnChange
          allowDeselect={false}
          maxDropdownHeight={320}
          nothingFoundMessage="No such time zone"
          data={zones}
          value={ownZone ?? ofBrowser}
          disabled={isChanging}
          onFocus={(event) => event.currentTarget.select()}
          onChange={(chosen) => void change({ timezone: chosen === ofBrowser ? null : chosen })}
        />
      </div>
      <div className={styles.row}>
        <div>
          <label htmlFor="second-zone">Second zone</label>
          <small id="second-zone-note">Next to the hours of the day and the week</small>
        </div>
        <SecondZoneSelect
          id="second-zone"
          aria-describedby="second-zone-note"
          className={styles.zone ?? ''}
        />
      </div>
      <div className={styles.row}>
        <span id="clock-label">Clock</span>
        <SegmentedControl
          aria-labelledby="clock-label"
          size="xs"
          data={clocks}
          value={String(clockHours)}
          disabled={isChanging}
          onChange={(hours) => void change({ clock_hours: hours === '12' ? 12 : 24 })}
        />
      </div>
      <div className={styles.row}>
        <label htmlFor="week-start">First day of the week</label>
        <Select
          id="week-start"
          size="xs"
          w={140}
          allowDeselect={false}
          data={weekStarts}
          value={String(weekStart)}
          disabled={isChanging}
          onChange={(day) => void change({ week_starts_on: Number(day) })}
        />
      </div>
    </Panel>
  )
}
