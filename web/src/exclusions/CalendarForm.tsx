import { Button, Select, TextInput } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { Problem } from '../graphql/error.ts'
import { ProblemNote } from '../panel/ProblemNote.tsx'
import { timeZones } from '../time/instant.ts'
import { problemAt } from './problemAt.ts'
import styles from './Exclusions.module.css'

/** What a calendar is called and where it is meant. */
export interface CalendarDraft {
  name: string
  /** Null: the zone of each schedule. */
  timezone: string | null
  description: string
}

interface CalendarFormProps {
  initial: CalendarDraft
  submitLabel: string
  /** Sends it; the problem if it was refused. */
  onSubmit: (draft: CalendarDraft) => Promise<Problem | null>
}

/** Name, zone and purpose of a calendar. */
export function CalendarForm({ initial, submitLabel, onSubmit }: CalendarFormProps) {
  const [draft, setDraft] = useState(initial)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [isBusy, setIsBusy] = useState(false)
  const zones = useMemo(() => timeZones(), [])
  const set = (own: Partial<CalendarDraft>) => {
    setDraft({ ...draft, ...own })
    setProblem(null)
  }
  const nameProblem = problemAt(problem, 'name', /calendar_name/)
  const zoneProblem = problemAt(problem, 'timezone')
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        setIsBusy(true)
        void onSubmit(draft).then((refused) => {
          setIsBusy(false)
          setProblem(refused)
        })
      }}
    >
      <TextInput
        size="xs"
        label="Name"
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        error={nameProblem}
        data-autofocus
      />
      <Select
        size="xs"
        label="Time zone"
        data={zones}
        searchable
        clearable
        limit={60}
        placeholder="Each schedule’s own"
        description="The time zone of its dates and recurring windows."
        inputWrapperOrder={['label', 'input', 'error', 'description']}
        value={draft.timezone}
        onChange={(timezone) => set({ timezone })}
        error={zoneProblem}
      />
      <TextInput
        size="xs"
        label="Description"
        placeholder="Optional"
        value={draft.description}
        onChange={(event) => set({ description: event.currentTarget.value })}
      />
      {problem !== null && nameProblem === undefined && zoneProblem === undefined && (
        <ProblemNote problem={problem} />
      )}
      <Button size="xs" type="submit" loading={isBusy} fullWidth>
        {submitLabel}
      </Button>
    </form>
  )
}
