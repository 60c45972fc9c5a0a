import { Select } from '@mantine/core'
import { useMemo } from 'react'
import { formatOffset, timeZones } from '../time/instant.ts'

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
    return [
      { group: 'Near', items: near },
      { group: 'All', items: timeZones().filter((zone) => !near.includes(zone)) },
    ]
  }, [value, own])
  return (
    <Select
      aria-label="Time zone"
      className="zone-select"
      size="xs"
      w={160}
      variant="unstyled"
      searchable
      allowDeselect={false}
      maxDropdownHeight={360}
      comboboxProps={{ width: 280, position: 'bottom-end' }}
      data={groups}
      value={value}
      rightSectionPointerEvents="none"
      onChange={(zone) => zone !== null && onChange(zone)}
      renderOption={({ option }) => (
        <span className="zone-option">
          {option.value.replaceAll('_', ' ')}
          <small>
            {option.value === value || option.value === own ? formatOffset(now, option.value) : ''}
          </small>
        </span>
      )}
    />
  )
}
