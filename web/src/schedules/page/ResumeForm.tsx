import { Button, Checkbox } from '@mantine/core'
import { useState } from 'react'

/** Asks what happens to the occurrences that fell into a pause. */
export function ResumeForm({ onResume }: { onResume: (catchUp: boolean) => void }) {
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
