import { Select, TextInput } from '@mantine/core'
import { choiceOf, missedChoices, overlapChoices, priorityChoices } from './policies.ts'
import type { DraftFields } from './draftFields.ts'
import styles from './ScheduleForm.module.css'

const below = ['label', 'input', 'error', 'description'] as const

/** What happens when a run cannot go as planned. */
export function PolicyFields({ draft, field }: DraftFields) {
  const overlap = field('overlap')
  const missed = field('missed')
  const maxAttempts = field('maxAttempts')
  const retryDelay = field('retryDelay')
  const priority = field('priority')
  const choices = [
    { label: 'Still running', choices: overlapChoices, field: overlap },
    { label: 'Missed', choices: missedChoices, field: missed },
    { label: 'Priority', choices: priorityChoices, field: priority },
  ]
  return (
    <div className={styles.three}>
      {choices.map(({ label, choices, field: { value, onChange, error } }) => (
        <Select
          key={label}
          size="xs"
          label={label}
          data={choices.map((choice) => ({ value: choice.value, label: choice.label }))}
          allowDeselect={false}
          value={value}
          onChange={(chosen) => chosen !== null && onChange(chosen)}
          error={error}
          description={choiceOf(choices, value).effect}
          inputWrapperOrder={[...below]}
        />
      ))}
      <TextInput
        size="xs"
        label="Attempts"
        inputMode="numeric"
        {...maxAttempts}
        onChange={(event) => maxAttempts.onChange(event.currentTarget.value)}
        description={draft.maxAttempts === '1' ? 'A failed run is not retried.' : 'Including the first.'}
        inputWrapperOrder={[...below]}
      />
      <TextInput
        size="xs"
        label="Retry delay"
        {...retryDelay}
        onChange={(event) => retryDelay.onChange(event.currentTarget.value)}
        description="Doubles with each attempt."
        inputWrapperOrder={[...below]}
      />
    </div>
  )
}
