import { ActionIcon, Switch, TextInput } from '@mantine/core'
import { IconChevronDown, IconChevronUp, IconDownload, IconScissors, IconSearch } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState } from 'react'
import { download } from '../download.ts'
import { formatClock } from '../../time/instant.ts'
import {
  cutInWords,
  logAsText,
  logLevels,
  matchesIn,
  partsOf,
  shownLines,
  type LogLevel,
  type LogLine,
} from './runLog.ts'
import { useRunLog, type RunLogState } from './useRunLog.ts'
import styles from './RunLog.module.css'

interface RunLogProps {
  runId: string
  isRunning: boolean
  /** Changes when the run does. */
  version: string
  zone: string
  /** Whether it is a panel of the run's page. */
  isPanel?: boolean
}

/** What a run has logged, as it logs it. */
export function RunLog({ version, ...rest }: RunLogProps) {
  const state = useRunLog(rest.runId, rest.isRunning, version)
  return <RunLogView {...state} {...rest} />
}

type RunLogViewProps = RunLogState & Omit<RunLogProps, 'version'>

/** The lines, what they are narrowed to, and what is looked for in them. */
function RunLogView({ lines, isRead, hasFailed, runId, isRunning, zone, isPanel = false }: RunLogViewProps) {
  const [hidden, setHidden] = useState<ReadonlySet<LogLevel>>(new Set())
  const [attempt, setAttempt] = useState<number | null>(null)
  const [text, setText] = useState('')
  const [match, setMatch] = useState(0)
  const [follows, setFollows] = useState(isRunning)
  const scroller = useRef<HTMLDivElement>(null)
  const shown = shownLines(lines, { hidden, attempt })
  const matches = matchesIn(shown, text)
  const current = matches[match]
  const attempts = [...new Set(lines.map((line) => line.attempt))]

  // Its functions are not kept by React: the lines that are in view change without a change of what it was given.
  // eslint-disable-next-line react-hooks/incompatible-library
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    getItemKey: (index) => shown[index]?.id ?? index,
    overscan: 20,
  })
  useEffect(() => {
    if (follows && shown.length > 0) rows.scrollToIndex(shown.length - 1, { align: 'end' })
  }, [follows, shown.length, rows])

  const find = (next: number) => {
    if (matches.length === 0) return
    const wrapped = (next + matches.length) % matches.length
    setMatch(wrapped)
    setFollows(false)
    const index = matches[wrapped]
    if (index !== undefined) rows.scrollToIndex(index, { align: 'center' })
  }
  const toggle = (level: LogLevel) => {
    setHidden((before) => new Set(logLevels.filter((one) => before.has(one) !== (one === level))))
    setMatch(0)
  }

  const Heading = isPanel ? 'h2' : 'h3'
  return (
    <section aria-label="Log" className={`${styles['log']} ${isPanel ? `panel ${styles['panel']}` : ''}`}>
      <header>
        <Heading>Log</Heading>
        <TextInput
          size="xs"
          className={styles['find'] ?? ''}
          aria-label="Find in the log"
          placeholder="Find"
          leftSection={<IconSearch size={14} />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            setMatch(0)
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') find(current === undefined ? 0 : match + (event.shiftKey ? -1 : 1))
          }}
        />
        {text !== '' && (
          <span className={styles['matches']}>
            <span role="status">
              {matches.length === 0 ? 'None' : `${match + 1} of ${matches.length.toLocaleString('en-GB')}`}
            </span>
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label="Previous match"
              onClick={() => find(match - 1)}
            >
              <IconChevronUp size={15} />
            </ActionIcon>
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label="Next match"
              onClick={() => find(match + 1)}
            >
              <IconChevronDown size={15} />
            </ActionIcon>
          </span>
        )}
        <span role="group" aria-label="Levels" className={styles['levels']}>
          {logLevels.map((level) => (
            <button
              key={level}
              type="button"
              data-level={level}
              aria-pressed={!hidden.has(level)}
              onClick={() => toggle(level)}
            >
              {level} <LevelCount lines={lines} level={level} />
            </button>
          ))}
        </span>
        {attempts.length > 1 && (
          <select
            aria-label="Attempt"
            value={attempt ?? ''}
            onChange={(event) => {
              setAttempt(event.currentTarget.value === '' ? null : Number(event.currentTarget.value))
              setMatch(0)
            }}
          >
            <option value="">All attempts</option>
            {attempts.map((nth) => (
              <option key={nth} value={nth}>
                Attempt {nth}
              </option>
            ))}
          </select>
        )}
        <span className={styles['grow']} />
        {isRunning && (
          <Switch
            size="xs"
            label="Follow"
            checked={follows}
            onChange={(event) => setFollows(event.currentTarget.checked)}
          />
        )}
        {lines.length > 0 && (
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label="Download the log"
            title="Download the log"
            onClick={() => download(`run-${runId}.log`, logAsText(lines), 'text/plain')}
          >
            <IconDownload size={16} />
          </ActionIcon>
        )}
      </header>
      {lines.length === 0 ? (
        <p className={styles['none']}>
          {!isRead
            ? 'Reading the log.'
            : isRunning
              ? 'Nothing has been logged yet.'
              : 'This run has logged nothing. Tasks log with helpers.logger.'}
        </p>
      ) : (
        <div
          ref={scroller}
          className={styles['lines']}
          role="log"
          aria-live="off"
          aria-label="Lines"
          tabIndex={0}
          onWheel={(event) => {
            if (event.deltaY < 0) setFollows(false)
          }}
        >
          <div style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map(({ index, start, key }) => {
              const line = shown[index]
              if (!line) return null
              const before = shown[index - 1]
              return (
                <div
                  key={key}
                  ref={rows.measureElement}
                  data-index={index}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  {(before === undefined ? attempts.length > 1 : before.attempt !== line.attempt) && (
                    <p className={styles['mark']}>Attempt {line.attempt}</p>
                  )}
                  <Line line={line} zone={zone} wanted={text} isCurrent={index === current} />
                </div>
              )
            })}
          </div>
        </div>
      )}
      {lines.length > 0 && (
        <footer>
          {countInWords(lines)} · times in {zone}
          {hasFailed && ' · the server does not answer: what is new is asked for again'}
        </footer>
      )}
    </section>
  )
}

function countInWords(lines: readonly LogLine[]): string {
  const cut = lines.reduce((sum, line) => sum + (line.cut ?? 0), 0)
  const kept = lines.reduce((sum, line) => sum + (line.cut === null ? 1 : 0), 0)
  const words = (count: number) => `${count.toLocaleString('en-GB')} ${count === 1 ? 'line' : 'lines'}`
  return cut === 0 ? words(kept) : `${words(kept + cut)} written, ${kept.toLocaleString('en-GB')} kept`
}

function LevelCount({ lines, level }: { lines: readonly LogLine[]; level: LogLevel }) {
  const count = lines.reduce((sum, line) => sum + (line.cut === null && line.level === level ? 1 : 0), 0)
  return count > 0 ? <b>{count.toLocaleString('en-GB')}</b> : null
}

interface LineProps {
  line: LogLine
  zone: string
  wanted: string
  isCurrent: boolean
}

function Line({ line, zone, wanted, isCurrent }: LineProps) {
  if (line.cut !== null) {
    return (
      <p className={styles['mark']}>
        <IconScissors size={14} aria-hidden /> {cutInWords(line)}
      </p>
    )
  }
  const [, fraction = '000'] = /\.(\d{3})/.exec(line.at) ?? []
  return (
    <p className={styles['line']} data-level={line.level} aria-current={isCurrent || undefined}>
      <time dateTime={line.at}>
        {formatClock(line.at, zone, 'always')}.{fraction}
      </time>
      <b>{line.level}</b>
      <span>
        {partsOf(line.text, wanted).map((part, index) =>
          index % 2 === 1 ? <mark key={index}>{part}</mark> : <span key={index}>{part}</span>,
        )}
      </span>
    </p>
  )
}
