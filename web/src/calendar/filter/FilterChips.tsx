import { IconX } from '@tabler/icons-react'
import { filterParts, type FilterKey } from './calendarFilter.ts'
import type { CalendarSearch } from '../calendarSearch.ts'
import './filterChips.css'

interface FilterChipsProps {
  search: CalendarSearch
  /** Of the one schedule that is shown; null where it is not known. */
  scheduleName?: string | null
  onDrop: (key: FilterKey) => void
  onClear: () => void
}

/** That not all is shown, and what is; nothing where all is. */
export function FilterChips({ search, scheduleName = null, onDrop, onClear }: FilterChipsProps) {
  const parts = filterParts(search, scheduleName)
  if (parts.length === 0) return null
  return (
    <section className="filter-chips" aria-label="Filtered">
      {parts.map(({ key, name, value }) => (
        <button
          key={key}
          type="button"
          title={`${name} ${value}`}
          aria-label={`Remove the filter: ${name} ${value}`}
          onClick={() => onDrop(key)}
        >
          <span>
            {name} <b>{value}</b>
          </span>
          <IconX size={13} aria-hidden />
        </button>
      ))}
      <button type="button" className="filter-clear" onClick={onClear}>
        Clear
      </button>
    </section>
  )
}
