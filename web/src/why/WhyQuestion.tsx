import { Button } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { exactLocalText, instantOf } from '../time/localTime.ts'
import { MomentInput } from '../time/MomentInput.tsx'
import './why.css'

interface WhyQuestionProps {
  /** The schedule's own zone: its rule names times there. */
  zone: string
  /** The moment that is asked about; null: none yet. */
  moment: string | null
  /** What the field shows while none is. */
  suggestion: string
  onAsk: (moment: string) => void
  /** The explanation of the moment that was asked about. */
  children: ReactNode
}

/** "Why did it not run on …?" */
export function WhyQuestion({ zone, moment, suggestion, onAsk, children }: WhyQuestionProps) {
  const [typed, setTyped] = useState(() => exactLocalText(moment ?? suggestion, zone))
  const [asked, setAsked] = useState(moment)
  if (asked !== moment) {
    setAsked(moment)
    if (moment !== null) setTyped(exactLocalText(moment, zone))
  }
  const at = instantOf(typed, zone)
  return (
    <>
      <form
        className="why-question"
        onSubmit={(event) => {
          event.preventDefault()
          if (at !== null) onAsk(new Date(at).toISOString())
        }}
        noValidate
      >
        <MomentInput
          label="Why did it run, or not run, on …?"
          note={zone}
          zone={zone}
          value={typed}
          onChange={setTyped}
          error={undefined}
        />
        <Button size="xs" variant="default" type="submit" disabled={at === null}>
          Explain
        </Button>
      </form>
      {moment !== null && children}
    </>
  )
}
