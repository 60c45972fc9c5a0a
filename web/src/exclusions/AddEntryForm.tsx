import { Button, SegmentedControl, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Problem } from '../graphql/error.ts'
import { ProblemNote } from '../panel/ProblemNote.tsx'
import { useFocusBack } from '../panel/useFocusBack.ts'
import { CronInput } from '../schedules/form/CronInput.tsx'
import { Label } from '../schedules/form/Label.tsx'
import { formatClock, formatDay } from '../time/instant.ts'
import { DateInput } from '../time/DateInput.tsx'
import { MomentInput } from '../time/MomentInput.tsx'
import { durationUnits, emptyEntry, lengthInWords, newEntry, nextDraft, type NewEntry } from './newEntry.ts'
import type { EntryKind } from './entry.ts'
import type { Windows } from './useWindows.ts'
import styles from './Exclusions.module.css'

interface AddEntryFormProps {
  /** Zone in which times are typed. */
  zone: string
  /** Asks the database about a recurring window; a hook. */
  useWindows: (cron: string, timezone: string, isWanted: boolean) => Windows | null
  /** Sends it; the problem if it was refused. */
  onAdd: (entry: NewEntry) => Promise<Problem | null>
}

const kinds: { value: EntryKind; label: string }[] = [
  { value: 'dates', label: 'Dates' },
  { value: 'range', label: 'Blackout' },
  { value: 'recurring', label: 'Recurring' },
]

/** Adds dates, a blackout or a recurring window to a calendar. */
export function AddEntryForm({ zone, useWindows, onAdd }: AddEntryFormProps) {
  const [draft, setDraft] = useState(emptyEntry)
  const [problem, setProblem] = useState<Problem | string | null>(null)
  const [isBusy, setIsBusy] = useState(false)
  useFocusBack(isBusy)
  const windows = useWindows(draft.cron, zone, draft.kind === 'recurring')
  const set = (own: Partial<typeof draft>) => {
    setDraft({ ...draft, ...own })
    setProblem(null)
  }
  const input = (key: 'label' | 'count') => ({
    size: 'xs' as const,
    value: draft[key],
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => set({ [key]: event.currentTarget.value }),
  })
  const date = (key: 'startsOn' | 'endsOn') => ({
    zone,
    value: draft[key],
    onChange: (value: string) => set({ [key]: value }),
  })
  const moment = (key: 'startsAt' | 'endsAt') => ({
    note: zone,
    zone,
    value: draft[key],
    onChange: (value: string) => set({ [key]: value }),
    error: undefined,
  })
  const submit = async () => {
    const entry = newEntry(draft, zone)
    if (typeof entry === 'string') return setProblem(entry)
    if (entry.kind === 'recurring' && windows !== null && windows.problem !== null) return
    setIsBusy(true)
    const refused = await onAdd(entry)
    setIsBusy(false)
    setProblem(refused)
    if (refused === null) setDraft(nextDraft(draft))
  }

  return (
    <form
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <SegmentedControl
        size="xs"
        aria-label="Kind of entry"
        data={kinds}
        value={draft.kind}
        onChange={(value) => set({ kind: kinds.find((kind) => kind.value === value)?.value ?? 'dates' })}
      />
      {draft.kind === 'dates' && (
        <div className={styles.two}>
          <DateInput label="From" {...date('startsOn')} />
          <DateInput label={<Label note="optional">To, included</Label>} {...date('endsOn')} />
        </div>
      )}
      {draft.kind === 'range' && (
        <>
          <MomentInput label="Starts" {...moment('startsAt')} />
          <MomentInput label="Ends" {...moment('endsAt')} />
        </>
      )}
      {draft.kind === 'recurring' && (
        <>
          <CronInput
            value={draft.cron}
            onChange={(cron) => set({ cron })}
            error={windows?.problem ?? undefined}
            errorPosition={windows?.position ?? null}
          />
          <div className={styles.lengthOf}>
            <TextInput label="Lasts" inputMode="numeric" {...input('count')} />
            <Select
              size="xs"
              aria-label="Unit"
              data={[...durationUnits]}
              allowDeselect={false}
              value={draft.unit}
              onChange={(value) => set({ unit: durationUnits.find((unit) => unit === value) ?? 'hours' })}
            />
          </div>
          {windows !== null && windows.problem === null && (
            <div role="status">
              <p className={styles.next}>{windows.starts.length === 0 ? 'Never starts.' : 'Next starts:'}</p>
              <ul className={styles.times}>
                {windows.starts.map((at) => (
                  <li key={at}>
                    <time dateTime={at}>
                      {formatDay(at, zone, 0)} {formatClock(at, zone)}
                    </time>
                    <span>for {lengthInWords(draft)}</span>
                  </li>
                ))}
              </ul>
            </div>
          )}
        </>
      )}
      <TextInput
        label={<Label note="optional">Name</Label>}
        placeholder={draft.kind === 'dates' ? 'Christmas' : 'Maintenance'}
        {...input('label')}
      />
      {typeof problem === 'string' && <p role="alert">{problem}</p>}
      {problem !== null && typeof problem === 'object' && <ProblemNote problem={problem} />}
      <Button size="xs" type="submit" loading={isBusy}>
        Add
      </Button>
    </form>
  )
}
