import { TextInput } from '@mantine/core'
import { useState } from 'react'

interface ClockInputProps {
  label: string
  /** As 07:30. */
  value: string
  onChange: (time: string) => void
}

const pattern = /^([01]?\d|2[0-3])[:.h]?([0-5]\d)$/

/** A time of day on a clock of 24 hours. What is not a time yet stays as typed, and is not passed on. */
export function ClockInput({ label, value, onChange }: ClockInputProps) {
  const [typed, setTyped] = useState<string | null>(null)
  const change = (text: string) => {
    setTyped(text)
    const [, hour, minute] = pattern.exec(text.trim()) ?? []
    if (hour !== undefined && minute !== undefined) onChange(`${hour.padStart(2, '0')}:${minute}`)
  }
  return (
    <TextInput
      size="xs"
      w={92}
      label={label}
      placeholder="07:30"
      inputMode="numeric"
      value={typed ?? value}
      error={typed !== null && !pattern.test(typed.trim()) ? '00:00 to 23:59' : undefined}
      onChange={(event) => change(event.currentTarget.value)}
      onBlur={() => setTyped(null)}
    />
  )
}
