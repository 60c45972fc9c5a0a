import { Button, FileButton } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useState } from 'react'
import type { Problem } from '../graphql/error.ts'
import { ProblemNote } from '../panel/ProblemNote.tsx'
import type { IcsImport, ImportEntry } from '../../../shared/ical/icsImport.ts'
import styles from './Exclusions.module.css'

interface ImportFormProps {
  /** Zone of the calendar; null: it has none. */
  timezone: string | null
  /** What times without a zone mean then. */
  zone: string
  /** Sends what was found in a source; the problem if it was refused. */
  onImport: (source: string, found: IcsImport) => Promise<Problem | null>
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

/** The last year whose occurrences are all in the file's entries. */
const lastYearOf = ({ rules }: IcsImport) => Number(rules[0]?.known_until.slice(0, 4)) - 1

/** Reads a calendar file, says what is in it, and imports that in place of what came from it before. */
export function ImportForm({ timezone, zone, onImport }: ImportFormProps) {
  const [read, setRead] = useState<Read | null>(null)
  const [problem, setProblem] = useState<Problem | string | null>(null)
  const [isBusy, setIsBusy] = useState(false)

  const choose = async (file: File | null) => {
    if (file === null) return
    setRead(null)
    setProblem(null)
    try {
      const { decodeIcs, readIcs } = await import('../../../shared/ical/icsImport.ts')
      const text = decodeIcs(new Uint8Array(await file.arrayBuffer()))
      const found = readIcs(text, { timezone, fallback: zone, now: Date.now() })
      setRead({ source: file.name, found })
    } catch (error) {
      const { IcsError } = await import('../../../shared/ical/icsError.ts')
      setProblem(error instanceof IcsError ? error.message : `The file ${file.name} could not be read.`)
    }
  }
  const send = async ({ source, found }: Read) => {
    setIsBusy(true)
    const refused = await onImport(source, found)
    setIsBusy(false)
    setProblem(refused)
    if (refused === null) setRead(null)
  }

  return (
    <div className={styles.form}>
      <p>
        Public holidays or a team’s calendar, exported from another calendar. Importing the same file again
        replaces what came from it.
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
          {read.found.notes.map((note) => (
            <p key={note}>{note}</p>
          ))}
          {read.found.rules.length > 0 && (
            <p>
              {read.found.rules.length === 1
                ? 'One series continues'
                : `${read.found.rules.length} series continue`}{' '}
              after {lastYearOf(read.found)}: workers add further occurrences.
            </p>
          )}
          {read.found.leftOut.length > 0 && (
            <ul className={styles.leftOut} aria-label="Left out" tabIndex={0}>
              {read.found.leftOut.map(({ label, line, reason }, index) => (
                <li key={index}>
                  {label} (line {line}): {reason}
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
