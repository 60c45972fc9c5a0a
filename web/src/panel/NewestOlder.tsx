import { Button } from '@mantine/core'
import type { ReactNode } from 'react'

interface NewestOlderProps {
  className: string | undefined
  isNewest: boolean
  hasOlder: boolean
  isFetching: boolean
  onNewest: () => void
  onOlder: () => void
  /** What leads to what is older. */
  older?: string
  /** What is to be known of this page. */
  note?: ReactNode
}

/** Pages of a list with the newest first, of which no one knows how many there are. */
export function NewestOlder({
  className,
  isNewest,
  hasOlder,
  isFetching,
  onNewest,
  onOlder,
  older = 'Older',
  note,
}: NewestOlderProps) {
  if (isNewest && !hasOlder) return null
  return (
    <nav className={className} aria-label="Pages">
      <Button size="xs" variant="default" disabled={isNewest} onClick={onNewest}>
        Newest
      </Button>
      <Button size="xs" variant="default" loading={isFetching} disabled={!hasOlder} onClick={onOlder}>
        {older}
      </Button>
      {note}
    </nav>
  )
}
