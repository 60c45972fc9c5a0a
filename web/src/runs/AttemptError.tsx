import { splitStack, type Cause } from './causes.ts'
import styles from './AttemptError.module.css'

interface AttemptErrorProps {
  error: string | null
  causes: readonly Cause[]
}

/** Why an attempt failed: its error with what caused it and where, or else its text. */
export function AttemptError({ error, causes }: AttemptErrorProps) {
  if (error === null) return null
  if (causes.length === 0)
    return (
      <pre className={styles['text']} data-run-state="failed">
        {error}
      </pre>
    )
  const isMore = !error.startsWith(causes[0]?.message ?? '')
  return (
    <div className={styles['error']} data-run-state="failed">
      {isMore && <p>{error}</p>}
      <ol>
        {causes.map((cause, index) => (
          <li key={index}>
            {index > 0 && <i>caused by </i>}
            <b>{cause.code ?? cause.name}</b> {cause.message}
            <Stack stack={cause.stack} />
          </li>
        ))}
      </ol>
    </div>
  )
}

function Stack({ stack }: { stack: readonly string[] }) {
  const { own, others } = splitStack(stack)
  return (
    <>
      {own.length > 0 && <pre>{own.join('\n')}</pre>}
      {others.length > 0 && (
        <details>
          <summary>
            {others.length} {own.length > 0 ? 'more ' : ''}
            {others.length === 1 ? 'frame' : 'frames'} of Node.js and packages
          </summary>
          <pre>{others.join('\n')}</pre>
        </details>
      )}
    </>
  )
}
