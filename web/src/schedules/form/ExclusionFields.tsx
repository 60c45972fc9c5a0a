import { MultiSelect, Select, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { Label } from './Label.tsx'
import { choiceOf, exclusionChoices } from './policies.ts'
import type { DraftFields } from './draftFields.ts'
import styles from './ScheduleForm.module.css'

const below = ['label', 'input', 'error', 'description'] as const

interface ExclusionFieldsProps extends DraftFields {
  /** Names of the calendars that there are. */
  calendars: readonly string[]
  /** A way to make one. */
  calendarsLink: ReactNode
}

/** When it does not run after all, and by how much it may be later. */
export function ExclusionFields({ draft, field, calendars, calendarsLink }: ExclusionFieldsProps) {
  const used = field('calendars')
  const policy = field('exclusionPolicy')
  const jitter = field('jitter')
  return (
    <div className={styles.three}>
      <MultiSelect
        size="xs"
        label={<Label note="optional">Excluded by</Label>}
        data={[...new Set([...calendars, ...draft.calendars])]}
        placeholder={draft.calendars.length === 0 ? 'No calendar' : undefined}
        nothingFoundMessage="No such calendar"
        searchable
        {...used}
        description={calendarsLink}
        inputWrapperOrder={[...below]}
      />
      <Select
        size="xs"
        label="When excluded"
        data={exclusionChoices.map(({ value, label }) => ({ value, label }))}
        allowDeselect={false}
        disabled={draft.calendars.length === 0}
        {...policy}
        onChange={(chosen) => chosen !== null && policy.onChange(chosen)}
        description={choiceOf(exclusionChoices, policy.value).effect}
        inputWrapperOrder={[...below]}
      />
      <TextInput
        size="xs"
        label={<Label note="optional">Jitter, up to</Label>}
        placeholder="No jitter"
        {...jitter}
        onChange={(event) => jitter.onChange(event.currentTarget.value)}
        description={
          draft.jitter.trim() === ''
            ? 'Runs exactly on time.'
            : 'Delayed by an amount that is fixed for each schedule.'
        }
        inputWrapperOrder={[...below]}
      />
    </div>
  )
}
