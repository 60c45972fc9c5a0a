import { Button, TextInput } from '@mantine/core'
import { modals } from '@mantine/modals'
import { useState, type ReactNode } from 'react'

interface Ask {
  readonly title: string
  /** What will happen. */
  readonly children: ReactNode
  readonly confirm: string
  readonly isDangerous?: boolean
  readonly onConfirm: (reason: string | null) => unknown
}

/** Asks, in a dialog, whether to do something, and why. */
export function askForReason({ title, onConfirm, ...form }: Ask): void {
  const id = modals.open({
    title,
    children: (
      <ReasonForm
        {...form}
        onConfirm={(reason) => {
          modals.close(id)
          onConfirm(reason)
        }}
      />
    ),
  })
}

/** What will happen, why, and the button that does it. */
function ReasonForm({ children, confirm, isDangerous = false, onConfirm }: Omit<Ask, 'title'>) {
  const [text, setText] = useState('')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onConfirm(text.trim() === '' ? null : text.trim())
      }}
    >
      {children}
      <TextInput
        size="xs"
        mt="sm"
        label="Reason"
        placeholder="Optional, for others to see"
        maxLength={1000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        data-autofocus
      />
      <Button size="xs" type="submit" mt="md" fullWidth {...(isDangerous && { color: 'red.9' })}>
        {confirm}
      </Button>
    </form>
  )
}
