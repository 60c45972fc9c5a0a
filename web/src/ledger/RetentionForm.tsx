import { Button, Checkbox, TextInput } from '@mantine/core'
import { useState } from 'react'
import { readLength, type RetentionRule } from '../settings/retention.ts'
import { intervalText, type Interval } from '../time/interval.ts'
import styles from './Ledger.module.css'

/** What `set_retention()` takes. */
export interface RetentionChange {
  readonly keepFor: Interval | null
  readonly keepFailuresFor: Interval | null
  readonly keepLast: number | null
  readonly archive: boolean
}

const length = (given: Interval | null) => {
  const text = given === null ? '' : intervalText(given)
  return text === '0 seconds' ? '0' : text
}

/** Asks how long the runs of all schedules are kept. */
export function RetentionForm({
  rule,
  onSave,
  onCancel,
}: {
  rule: RetentionRule & { readonly archive: boolean | null }
  onSave: (change: RetentionChange) => Promise<string | null>
  onCancel: () => void
}) {
  const [keepFor, setKeepFor] = useState(length(rule.keepFor))
  const [failures, setFailures] = useState(length(rule.keepFailuresFor))
  const [count, setCount] = useState(rule.keepLast === null ? '' : String(rule.keepLast))
  const [archive, setArchive] = useState(rule.archive === true)
  const [problem, setProblem] = useState<string | null>(null)
  const [isSaving, setIsSaving] = useState(false)

  const read = (text: string) => (text.trim() === '' ? null : readLength(text))
  const change = {
    keepFor: read(keepFor),
    keepFailuresFor: read(failures),
    keepLast: count.trim() === '' ? null : /^\d{1,7}$/.test(count.trim()) ? Number(count) : undefined,
  }
  const unreadable = 'Enter a length such as 90 days or 1 year.'
  const fields = [
    {
      label: 'Runs kept for',
      placeholder: 'Forever',
      value: keepFor,
      error: change.keepFor === undefined && unreadable,
      onType: setKeepFor,
    },
    {
      label: 'Failures kept for',
      placeholder: 'Like other runs',
      value: failures,
      error: change.keepFailuresFor === undefined && unreadable,
      onType: setFailures,
    },
    {
      label: 'Latest runs of a schedule',
      placeholder: 'All',
      inputMode: 'numeric' as const,
      value: count,
      error: change.keepLast === undefined && 'Enter a whole number.',
      onType: setCount,
    },
  ]

  const save = async () => {
    const { keepFor, keepFailuresFor, keepLast } = change
    if (keepFor === undefined || keepFailuresFor === undefined || keepLast === undefined) return
    setIsSaving(true)
    setProblem(await onSave({ keepFor, keepFailuresFor, keepLast, archive }))
    setIsSaving(false)
  }

  return (
    <form
      aria-label="Retention"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <div className={styles.retentionFields}>
        {fields.map(({ onType, ...field }) => (
          <TextInput
            {...field}
            key={field.label}
            size="xs"
            onChange={(event) => onType(event.currentTarget.value)}
          />
        ))}
      </div>
      <Checkbox
        size="xs"
        label="Write removed runs to files"
        description="Workers write them to their ALMANAC_ARCHIVE_DIR; until then they wait in the database."
        checked={archive}
        onChange={(event) => setArchive(event.currentTarget.checked)}
      />
      <p className="small">
        What is no longer kept is removed from the next hour on, and cannot be restored. Schedules that say
        otherwise keep their own rules.
      </p>
      {problem !== null && (
        <p role="alert" className={styles.behind}>
          {problem}
        </p>
      )}
      <div className={styles.retentionActions}>
        <Button size="xs" variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button size="xs" type="submit" loading={isSaving}>
          Save
        </Button>
      </div>
    </form>
  )
}
