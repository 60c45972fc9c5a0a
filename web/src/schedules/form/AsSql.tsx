import { useState } from 'react'
import { Panel } from '../../panel/Panel.tsx'
import styles from './ScheduleForm.module.css'

/** The same schedule as a statement for psql. */
export function AsSql({ sql }: { sql: string }) {
  const [copied, setCopied] = useState<string | null>(null)
  const copy = async () => {
    await navigator.clipboard.writeText(sql)
    setCopied(sql)
  }
  return (
    <Panel
      title="As SQL"
      aside={
        <button type="button" className={styles.link} onClick={() => void copy()}>
          {copied === sql ? 'Copied' : 'Copy'}
        </button>
      }
    >
      <pre className={styles.sql}>{sql}</pre>
    </Panel>
  )
}
