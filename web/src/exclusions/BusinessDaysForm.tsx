import { Button, Select, TextInput } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { Problem } from '../graphql/error.ts'
import { ProblemNote } from '../panel/ProblemNote.tsx'
import { timeZones } from '../time/instant.ts'
import styles from './Exclusions.module.css'

const weekends = [
  { value: 'SAT,SUN', label: 'Saturday and Sunday' },
  { value: 'FRI,SAT', label: 'Friday and Saturday' },
  { value: 'SUN', label: 'Sunday' },
]

/** What business days are called, and which days are not business days. */
export interface BusinessDays {
  name: string
  timezone: string | null
  weekend: string
}

interface BusinessDaysFormProps {
  zone: string
  onSubmit: (draft: BusinessDays) => Promise<Problem | null>
}

/** A quick start: a calendar that leaves out the weekend, to add holidays to. */
export function BusinessDaysForm({ zone, onSubmit }: BusinessDaysFormProps) {
  const [draft, setDraft] = useState<BusinessDays>({
    name: 'Business days',
    timezone: zone,
    weekend: 'SAT,SUN',
  })
  const [problem, setProblem] = useState<Problem | null>(null)
  const [isBusy, setIsBusy] = useState(false)
  const zones = useMemo(() => [...new Set([zone, ...timeZones()])], [zone])
  const set = (own: Partial<BusinessDays>) => {
    setDraft({ ...draft, ...own })
    setProblem(null)
  }
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
      <p>Schedules that use it run on business days only. Add holidays to it afterwards.</p>
      <TextInput
        size="xs"
        label="Name"
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        data-autofocus
      />
      <Select
        size="xs"
        label="Weekend"
        data={weekends}
        allowDeselect={false}
        value={draft.weekend}
        onChange={(weekend) => weekend !== null && set({ weekend })}
      />
      <Select
        size="xs"
        label="Time zone"
        data={zones}
        searchable
        clearable
        limit={60}
        placeholder="Each schedule’s own"
        value={draft.timezone}
        onChange={(timezone) => set({ timezone })}
      />
      {problem !== null && <ProblemNote problem={problem} />}
      <Button size="xs" type="submit" loading={isBusy} fullWidth>
        Create
      </Button>
    </form>
  )
}
