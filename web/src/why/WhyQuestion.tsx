import { Button, TextInput } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { instantOf, localText } from '../time/localTime.ts'
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
  const [typed, setTyped] = useState(() => localText(moment ?? suggestion, zone))
  const [asked, setAsked] = useState(moment)
  if (asked !== moment) {
    setAsked(moment)
    if (moment !== null) setTyped(localText(moment, zone))
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
        <TextInput
          size="xs"
          type="datetime-local"
          step={1}
          label={`Why did it run, or not run, on …? (${zone})`}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button size="xs" variant="default" type="submit" disabled={at === null}>
          Explain
        </Button>
      </form>
      {moment !== null && children}
    </>
  )
}
