import { NumberInput, Select, TextInput } from '@mantine/core'
import { Label } from './Label.tsx'
import styles from './CronPicker.module.css'

interface IntervalInputProps {
  value: string
  onChange: (interval: string) => void
  error: string | undefined
}

const units = ['second', 'minute', 'hour', 'day', 'week', 'month', 'year'] as const
const unitChoices = [...units.map((unit) => ({ value: unit, label: `${unit}s` }))]
const pattern = new RegExp(`^(\\d{1,6}) (${units.join('|')})s?$`)

/** "15 minutes" as number and unit; null for an interval of more than one unit. */
function read(interval: string): { count: number; unit: string } | null {
  const [, count, unit] = pattern.exec(interval.trim()) ?? []
  return count === undefined || unit === undefined ? null : { count: Number(count), unit }
}

const write = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`

/** An interval by number and unit, and as PostgreSQL reads it: "1 hour 30 minutes" has no other way. */
export function IntervalInput({ value, onChange, error }: IntervalInputProps) {
  const parts = read(value)
  return (
    <div className={styles.picker}>
      <NumberInput
        size="xs"
        w={92}
        label="Number"
        min={1}
        max={999_999}
        allowDecimal={false}
        value={parts?.count ?? ''}
        onChange={(count) => typeof count === 'number' && onChange(write(count, parts?.unit ?? 'minute'))}
      />
      <Select
        size="xs"
        w={130}
        label="Unit"
        data={unitChoices}
        allowDeselect={false}
        placeholder="Several"
        value={parts?.unit ?? null}
        onChange={(unit) => unit !== null && onChange(write(parts?.count ?? 1, unit))}
      />
      <TextInput
        size="xs"
        flex={1}
        miw={200}
        label={<Label note="1 hour 30 minutes">Every</Label>}
        value={value}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  )
}
