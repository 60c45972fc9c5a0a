import { Button, Checkbox } from '@mantine/core'
import { modals } from '@mantine/modals'
import { useState } from 'react'
import { askForReason } from '../panel/askForReason.tsx'

/** Asks, in a dialog, whether to pause a schedule, and why. */
export function askToPause(name: string, onPause: (reason: string | null) => unknown): void {
  askForReason({
    title: `Pause ${name}`,
    children:
      'It does not fire until it is resumed. Queued and running runs continue. Occurrences during the pause are recorded; when it is resumed, you choose whether to catch them up.',
    confirm: 'Pause',
    onConfirm: onPause,
  })
}

/** Asks, in a dialog, what happens to the occurrences that fell into a pause, before it ends. */
export function askToResume(name: string, onResume: (catchUp: boolean) => unknown): void {
  const id = modals.open({
    title: `Resume ${name}`,
    children: (
      <ResumeForm
        onResume={(catchUp) => {
          modals.close(id)
          onResume(catchUp)
        }}
      />
    ),
  })
}

function ResumeForm({ onResume }: { onResume: (catchUp: boolean) => void }) {
  const [catchUp, setCatchUp] = useState(false)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onResume(catchUp)
      }}
    >
      <p>It fires again from now on.</p>
      <Checkbox
        size="xs"
        label="Catch up what the pause skipped"
        description="As its missed-run policy says. Otherwise it is recorded as paused, and does not run."
        checked={catchUp}
        onChange={(event) => setCatchUp(event.currentTarget.checked)}
        data-autofocus
      />
      <Button size="xs" type="submit" mt="md" fullWidth>
        Resume
      </Button>
    </form>
  )
}
