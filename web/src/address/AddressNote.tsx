import { ActionIcon } from '@mantine/core'
import { IconAlertTriangle, IconX } from '@tabler/icons-react'
import '../panel/panel.css'

interface AddressNoteProps {
  /** What was wrong in the address, a sentence each. */
  faults: readonly string[]
  onClose: () => void
}

/** That not all of an address could be followed, and what is shown in its place. */
export function AddressNote({ faults, onClose }: AddressNoteProps) {
  return (
    <div className="problem-note" role="alert">
      <IconAlertTriangle size={16} aria-hidden />
      <div>
        <b>The address was corrected.</b>{' '}
        {faults.map((fault) => (
          <p key={fault}>{fault}</p>
        ))}
      </div>
      <ActionIcon variant="subtle" color="gray" size={24} aria-label="Close the note" onClick={onClose}>
        <IconX size={15} aria-hidden />
      </ActionIcon>
    </div>
  )
}
