import { Select, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { Label } from './Label.tsx'
import { placeholderOf, type Execution } from '../execution.ts'
import { countText, failuresText, lengthText, type RetentionRule } from '../../settings/retention.ts'
import { choiceOf, missedChoices, overlapChoices, priorityChoices } from './policies.ts'
import type { DraftFields } from './draftFields.ts'
import styles from './ScheduleForm.module.css'

type TextKey =
  | 'maxRuns'
  | 'maxConcurrent'
  | 'retryBackoff'
  | 'retryCeiling'
  | 'lateTolerance'
  | 'catchupWindow'
  | 'keepFor'
  | 'keepFailuresFor'
  | 'keepLast'

const below = ['label', 'input', 'error', 'description'] as const

/** What happens when a run cannot go as planned. */
export function PolicyFields({
  draft,
  field,
  execution,
  groups,
  groupOfTask,
  retention,
}: DraftFields & {
  execution: Execution | null | undefined
  /** Names of the resource groups that there are. */
  groups: readonly string[]
  /** The one that runs of its task belong to unless another is chosen. */
  groupOfTask: string | null
  /** What is kept of schedules that say nothing. */
  retention: RetentionRule | null
}) {
  const overlap = field('overlap')
  const missed = field('missed')
  const maxAttempts = field('maxAttempts')
  const retryDelay = field('retryDelay')
  const priority = field('priority')
  const group = field('resourceGroup')
  const text = (key: TextKey, label: ReactNode, description: string, more: { placeholder?: string } = {}) => {
    const { onChange, ...rest } = field(key)
    return (
      <TextInput
        size="xs"
        label={label}
        {...rest}
        {...more}
        onChange={(event) => onChange(event.currentTarget.value)}
        description={description}
        inputWrapperOrder={[...below]}
      />
    )
  }
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
        placeholder={placeholderOf(execution, 'maxAttempts')}
        onChange={(event) => maxAttempts.onChange(event.currentTarget.value)}
        description={draft.maxAttempts === '1' ? 'A failed run is not retried.' : 'Including the first.'}
        inputWrapperOrder={[...below]}
      />
      <TextInput
        size="xs"
        label="Retry delay"
        {...retryDelay}
        placeholder={placeholderOf(execution, 'retryDelay')}
        onChange={(event) => retryDelay.onChange(event.currentTarget.value)}
        description="Before the second attempt."
        inputWrapperOrder={[...below]}
      />
      {text(
        'retryBackoff',
        'Back-off',
        draft.retryBackoff.trim() === '1'
          ? 'The delay stays the same.'
          : 'The delay is multiplied by it each time.',
        { placeholder: placeholderOf(execution, 'retryBackoff') },
      )}
      {text('retryCeiling', 'Longest delay', 'No matter how often it failed.', {
        placeholder: placeholderOf(execution, 'retryCeiling'),
      })}
      {text('lateTolerance', 'Missed if later than', 'Up to then it simply starts late.')}
      {text('catchupWindow', 'Catch-up window', 'How far back missed runs are caught up.')}
      {draft.overlap === 'allow' &&
        text(
          'maxConcurrent',
          <Label note="optional">Most unfinished runs</Label>,
          'Further occurrences are skipped.',
          {
            placeholder: 'No limit',
          },
        )}
      {(groups.length > 0 || draft.resourceGroup !== '') && (
        <Select
          size="xs"
          label={<Label note="optional">Resource group</Label>}
          data={[...new Set([...groups, ...(draft.resourceGroup === '' ? [] : [draft.resourceGroup])])]}
          clearable
          placeholder={groupOfTask === null ? 'None' : `${groupOfTask}, as its task`}
          value={group.value === '' ? null : group.value}
          onChange={(chosen) => group.onChange(chosen ?? '')}
          error={group.error}
          description="Its runs wait while the group has no room."
          inputWrapperOrder={[...below]}
        />
      )}
      {text(
        'keepFor',
        <Label note="optional">Runs kept for</Label>,
        'After they ended; 0 keeps them forever.',
        {
          placeholder: lengthText(retention?.keepFor ?? null),
        },
      )}
      {text(
        'keepFailuresFor',
        <Label note="optional">Failures kept for</Label>,
        'Where that is longer; 0 keeps them forever.',
        { placeholder: failuresText(retention?.keepFailuresFor ?? null) },
      )}
      {text(
        'keepLast',
        <Label note="optional">Latest runs kept</Label>,
        'Older ones go earlier; 0 keeps all.',
        {
          placeholder: countText(retention?.keepLast ?? null),
        },
      )}
      {draft.kind !== 'manual' &&
        draft.kind !== 'once' &&
        text('maxRuns', <Label note="optional">Ends after</Label>, 'Scheduled runs; then it is completed.', {
          placeholder: 'No limit',
        })}
    </div>
  )
}
