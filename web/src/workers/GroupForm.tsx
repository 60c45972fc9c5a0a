import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import { problemLine, type Problem } from '../graphql/error.ts'
import {
  draftOf,
  readGroup,
  type Group,
  type GroupDraft,
  type GroupLimits,
  type GroupProblems,
} from './groupDraft.ts'
import styles from './WorkersPage.module.css'

interface GroupFormProps {
  /** Null: a new one. */
  group: Group | null
  /** Names of other groups. */
  taken: readonly string[]
  /** Sends it; the problem if it was refused. */
  onSave: (limits: GroupLimits) => Promise<Problem | null>
}

const fields: readonly {
  field: keyof GroupDraft
  label: string
  placeholder: string
  description?: string
}[] = [
  {
    field: 'maxRunning',
    label: 'Runs at once',
    placeholder: 'No limit',
    description: 'On all workers together. 0: none begins.',
  },
  { field: 'maxStarts', label: 'Starts', placeholder: 'No limit' },
  { field: 'startsPer', label: 'In any', placeholder: '1 hour', description: 'From a second to 7 days.' },
  { field: 'description', label: 'Description', placeholder: 'Optional' },
]

/** Where the database names what it refuses. */
const columns: Readonly<Record<keyof GroupDraft, string>> = {
  name: 'name',
  description: 'description',
  maxRunning: 'max_running',
  maxStarts: 'max_starts',
  startsPer: 'starts_per',
}

/** Name and limits of a resource group. */
export function GroupForm({ group, taken, onSave }: GroupFormProps) {
  const [draft, setDraft] = useState(() => draftOf(group))
  const [problems, setProblems] = useState<GroupProblems>({})
  const [refused, setRefused] = useState<Problem | null>(null)
  const [isSaving, setIsSaving] = useState(false)
  const refusedField = refused?.field ?? null
  const problemOf = (field: keyof GroupDraft) =>
    problems[field] ?? (refused !== null && refusedField === columns[field] ? refused.message : undefined)
  const set = (field: keyof GroupDraft, value: string) => {
    setDraft({ ...draft, [field]: value })
    setProblems({})
    setRefused(null)
  }
  const save = async () => {
    const read = readGroup(draft, taken)
    if ('problems' in read) {
      setProblems(read.problems)
      return
    }
    setIsSaving(true)
    setRefused(await onSave(read.limits))
    setIsSaving(false)
  }

  return (
    <form
      className={styles.groupForm}
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      {group === null ? (
        <TextInput
          size="xs"
          label="Name"
          value={draft.name}
          error={problemOf('name')}
          onChange={(event) => set('name', event.currentTarget.value)}
          data-autofocus
        />
      ) : (
        <p>Schedules and tasks name it. What runs continues where a limit is lowered.</p>
      )}
      {fields.map(({ field, ...shown }) => (
        <TextInput
          {...shown}
          key={field}
          size="xs"
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          inputMode={field.startsWith('max') ? 'numeric' : 'text'}
          value={draft[field]}
          error={problemOf(field)}
          onChange={(event) => set(field, event.currentTarget.value)}
        />
      ))}
      {refused !== null && !Object.values(columns).includes(refusedField ?? '') && (
        <p role="alert">{problemLine(refused)}</p>
      )}
      <Button size="xs" type="submit" loading={isSaving} fullWidth>
        {group === null ? 'Create group' : 'Save'}
      </Button>
    </form>
  )
}
