import { Button } from '@mantine/core'
import { IconUsers } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { formatClock, formatFull } from '../../time/instant.ts'
import styles from './ScheduleForm.module.css'

interface OthersEditProps {
  by: string
  at: string
  zone: string
  /** What they changed besides the fields of the form. */
  status: string | null
  /** Fields that they changed, and those that both did. */
  theirs: readonly string[]
  both: readonly string[]
  /** How often saving was tried since: each time it says why nothing was saved. */
  tries: number
  onShowTheirs: () => void
  onKeepMine: () => void
}

/** That someone else has changed what is being edited: who, what, and both ways on. */
export function OthersEdit({ by, at, zone, status, theirs, both, tries, ...ways }: OthersEditProps) {
  const section = useRef<HTMLElement>(null)
  useEffect(() => {
    if (tries > 0) section.current?.focus()
  }, [tries])
  const changes = [...(status === null ? [] : [status]), ...theirs]
  return (
    <section
      ref={section}
      tabIndex={-1}
      className={styles['othersEdit']}
      role="alert"
      aria-label="Changed by someone else"
    >
      <IconUsers size={16} aria-hidden />
      <div>
        <b>
          {by} changed this schedule at{' '}
          <time dateTime={at} title={formatFull(at, zone)}>
            {formatClock(at, zone, 'always')}
          </time>
          {changes.length > 0 && `: ${changes.join(', ')}`}.
        </b>
        <p>
          {tries > 0 && <b>Not saved: show theirs or keep yours first. </b>}
          {both.length === 0
            ? 'Your edits are still here. Keeping them applies your changes on top of theirs.'
            : `You also changed ${both.join(', ')}. Your edits are still here; keeping them replaces theirs.`}
        </p>
      </div>
      <Button size="xs" variant="default" onClick={ways.onShowTheirs}>
        Show theirs
      </Button>
      <Button size="xs" variant="default" onClick={ways.onKeepMine}>
        Keep mine
      </Button>
    </section>
  )
}
