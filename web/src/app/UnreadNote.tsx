import { Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import '../panel/panel.css'

interface UnreadNoteProps {
  /** What could not be read, in words. */
  unread: readonly string[]
  onTry: () => void
}

/** That parts of the page are missing or old, as their questions failed while others were answered. */
export function UnreadNote({ unread, onTry }: UnreadNoteProps) {
  return (
    <div className="problem-note" role="alert">
      <IconAlertTriangle size={16} aria-hidden />
      <div>
        <b>The database could not answer everything.</b> Missing or out of date: {unread.join(', ')}.
      </div>
      <Button size="compact-xs" variant="default" onClick={onTry}>
        Try again
      </Button>
    </div>
  )
}
