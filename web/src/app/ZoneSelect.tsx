import { Select } from '@mantine/core'
import { useMemo } from 'react'
import { formatOffset, timeZones } from '../time/instant.ts'
import './moreStyles.ts'

interface ZoneSelectProps {
  value: string
  /** Where offsets are taken. */
  now: number
  onChange: (zone: string) => void
}

/** Chooses the zone in which all times are shown. */
export function ZoneSelect({ value, now, onChange }: ZoneSelectProps) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone
  const groups = useMemo(() => {
    const near = [...new Set([value, own, 'UTC'])]
    const withOffset = near.map((zone) => ({ value: zone, label: `${zone} ${formatOffset(now, zone)}` }))
    return [
      { group: 'Near', items: withOffset },
      { group: 'All', items: timeZones().filter((zone) => !near.includes(zone)) },
    ]
  }, [value, own, now])
  return (
    <Select
      aria-label="Time zone"
      className="zone-select"
      size="xs"
      w={`calc(${(value.length + 4) * 0.85}ch + 34px)`}
      variant="unstyled"
      searchable
      allowDeselect={false}
      maxDropdownHeight={360}
      comboboxProps={{ width: 280, position: 'bottom-end' }}
      data={groups}
      value={value}
      rightSectionPointerEvents="none"
      onChange={(zone) => zone !== null && onChange(zone)}
    />
  )
}
