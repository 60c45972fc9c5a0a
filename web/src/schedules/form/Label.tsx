import type { ReactNode } from 'react'
import styles from './ScheduleForm.module.css'

/** A field's name, with a note at the right. */
export function Label({ children, note }: { children: ReactNode; note: string }) {
  return (
    <span className={styles.label}>
      {children} <i>{note}</i>
    </span>
  )
}
