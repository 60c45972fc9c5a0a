import { Button, FileButton } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useState } from 'react'
import type { Problem } from '../graphql/error.ts'
import { ProblemNote } from '../panel/ProblemNote.tsx'
import type { IcsImport, ImportEntry } from './icsImport.ts'
import styles from './Exclusions.module.css'

interface ImportFormProps {
  /** What times without a zone mean. */
  zone: string
  /** Sends the entries of a source; the problem if they were refused. */
  onImport: (source: string, entries: ImportEntry[]) => Promise<Problem | null>
}

interface Read {
  source: string
  found: IcsImport
}

function partsInWords(entries: readonly ImportEntry[]): string {
  const dates = entries.filter((entry) => 'starts_on' in entry).length
  const windows = entries.filter((entry) => 'cron_expression' in entry).length
  const ranges = entries.length - dates - windows
  const parts = [
    [dates, 'date', 'dates'],
    [ranges, 'blackout', 'blackouts'],
    [windows, 'recurring window', 'recurring windows'],
  ] as const
  const named = parts.filter(([count]) => count > 0)
  return named.map(([count, one, many]) => `${count} ${count === 1 ? one : many}`).join(', ') || 'nothing'
}

/** Reads a calendar file, says what is in it, and imports that in the stead of what came from it before. */
export function ImportForm({ zone, onImport }: ImportFormProps) {
  const [read, setRead] = useState<Read | null>(null)
  const [problem, setProblem] = useState<Problem | string | null>(null)
  const [isBusy, setIsBusy] = useState(false)

  const choose = async (file: File | null) => {
    if (file === null) return
    setRead(null)
    setProblem(null)
    const { IcsError, readIcs } = await import('./icsImport.ts')
    try {
      const found = readIcs(await file.text(), { timezone: zone, now: Date.now() })
      setRead({ source: file.name, found })
    } catch (error) {
      if (!(error instanceof IcsError)) throw error
      setProblem(error.message)
    }
  }
  const send = async ({ source, found }: Read) => {
    setIsBusy(true)
    const refused = await onImport(source, found.entries)
    setIsBusy(false)
    setProblem(refused)
    if (refused === null) setRead(null)
  }

  return (
    <div className={styles.form}>
      <p>
        Public holidays or a team’s calendar, as other calendars export it. The same file again replaces what
        came from it.
      </p>
      <FileButton accept=".ics,.ical,text/calendar" onChange={(file) => void choose(file)}>
        {(props) => (
          <Button {...props} size="xs" variant="default" leftSection={<IconUpload size={14} aria-hidden />}>
            Choose an .ics file
          </Button>
        )}
      </FileButton>
      {read !== null && (
        <div role="status" className={styles.form}>
          <p>
            <b>{read.source}</b> has {partsInWords(read.found.entries)}
            {read.found.leftOut.length > 0 && `; ${read.found.leftOut.length} left out`}.
          </p>
          {read.found.leftOut.length > 0 && (
            <ul className={styles.leftOut}>
              {read.found.leftOut.map(({ label, reason }, index) => (
                <li key={index}>
                  {label}: {reason}
                </li>
              ))}
            </ul>
          )}
          {read.found.entries.length > 0 && (
            <Button size="xs" loading={isBusy} onClick={() => void send(read)}>
              Import {read.found.entries.length}
            </Button>
          )}
        </div>
      )}
      {typeof problem === 'string' && (
        <ProblemNote problem={{ message: problem, code: null, detail: null, hint: null, field: null }} />
      )}
      {problem !== null && typeof problem === 'object' && <ProblemNote problem={problem} />}
    </div>
  )
}
