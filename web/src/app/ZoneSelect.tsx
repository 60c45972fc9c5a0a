import { Select } from '@mantine/core'
import { useMemo, useState } from 'react'
import { formatOffset, timeZones } from '../time/instant.ts'
import { browserTimeZone } from '../time/zone.ts'
import '../theme/moreStyles.ts'

interface ZoneSelectProps {
  value: string
  /** The viewer's own zone. */
  own: string
  /** Where offsets are taken. */
  now: number
  /** Someone has clicked where it is before it was there. */
  isAsked?: boolean
  onChange: (zone: string) => void
}

/** Zones to choose from, each with its offset: those near at hand, and all once someone looks, as 400 offsets take a while. */
function zoneGroups(near: readonly string[], hasAll: boolean, now: number) {
  const item = (zone: string) => ({ value: zone, label: `${zone} ${formatOffset(now, zone)}` })
  const first = [...new Set(near)]
  const others = hasAll ? timeZones().filter((zone) => !first.includes(zone)) : []
  return [
    { group: 'Near', items: first.map(item) },
    { group: 'All', items: others.map(item) },
  ]
}

/** Chooses the zone in which all times are shown. */
export function ZoneSelect({ value, own, now, isAsked = false, onChange }: ZoneSelectProps) {
  const [hasAll, setHasAll] = useState(false)
  const hour = now - (now % 3_600_000)
  const groups = useMemo(
    () => zoneGroups([value, own, browserTimeZone(), 'UTC'], hasAll, hour),
    [value, own, hasAll, hour],
  )
  return (
    <Select
      aria-label="Time zone"
      className="zone-select"
      size="xs"
      w={`calc(${`${value} ${formatOffset(now, value)}`.length * 0.85}ch + 34px)`}
      variant="unstyled"
      searchable
      autoFocus={isAsked}
      defaultDropdownOpened={isAsked}
      selectFirstOptionOnChange
      allowDeselect={false}
      maxDropdownHeight={360}
      comboboxProps={{ width: 280, position: 'bottom-end' }}
      data={groups}
      value={value}
      rightSectionPointerEvents="none"
      onFocus={(event) => event.currentTarget.select()}
      onDropdownOpen={() => setHasAll(true)}
      onChange={(zone) => zone !== null && onChange(zone)}
    />
  )
}
