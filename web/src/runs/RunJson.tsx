import { ActionIcon } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useState } from 'react'
import type { Json } from '../graphql/graphql.ts'
import styles from './runParts.module.css'

/** A payload or a result, as people write it. */
export function RunJson({ value, label }: { value: Json; label: string }) {
  return (
    <pre className={styles['json']} tabIndex={0} role="region" aria-label={`${label} as JSON`}>
      {JSON.stringify(value, null, 2)}
    </pre>
  )
}

/** Copies it. */
export function CopyJson({ value, what }: { value: Json; what: string }) {
  const [copied, setCopied] = useState<Json>()
  const isCopied = copied === value
  const copy = async () => {
    await navigator.clipboard.writeText(JSON.stringify(value, null, 2))
    setCopied(value)
  }
  return (
    <>
      <span role="status" className="small muted">
        {isCopied && 'Copied'}
      </span>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Copy the ${what}`}
        title={`Copy the ${what}`}
        onClick={() => void copy()}
      >
        {isCopied ? <IconCheck size={16} /> : <IconCopy size={16} />}
      </ActionIcon>
    </>
  )
}
