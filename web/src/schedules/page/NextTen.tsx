import { IconAlertTriangle } from '@tabler/icons-react'
import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { useTellUnread } from '../../panel/unread.ts'
import { Panel } from '../../panel/Panel.tsx'
import { RunGlyph } from '../../runs/RunGlyph.tsx'
import { formatDay, formatFull, formatOffset, plainClock } from '../../time/instant.ts'
import { Countdown } from '../../time/Time.tsx'
import { useNow } from '../../time/now.ts'
import { useTellZone } from '../../panel/shownZones.ts'
import { nextLines, type NextLine } from './nextTen.ts'
import styles from './SchedulePage.module.css'

const nextTenQuery = graphql(`
  query NextTen($id: BigInt!, $name: String!) {
    upcoming(schedule: $name, maxCount: 10) {
      scheduledFor
      dueAt
      note
    }
    occurrenceOverrides(
      filter: { scheduleId: { equalTo: $id }, action: { equalTo: skip }, doneAt: { isNull: true } }
      orderBy: [SCHEDULED_FOR_ASC]
      first: 10
    ) {
      nodes {
        scheduledFor
        reason
      }
    }
  }
`)

interface NextTenProps {
  schedule: {
    rowId: string
    name: string
    kind: string
    status: string
    timezone: string
    warning: string | null
  }
}

function glyphOf({ isSkipped, isElsewhere, note }: NextLine) {
  if (isSkipped) return <RunGlyph state="skipped" label="Will not run" />
  if (isElsewhere) return <RunGlyph state="moved" label="Due at another time" />
  return note === null ? null : <IconAlertTriangle size={15} aria-label="Clock change" />
}

/** The next times of a saved schedule, in its own zone; why one is not at its nominal time is said. */
export function NextTen({ schedule }: NextTenProps) {
  const now = useNow()
  const zone = schedule.timezone
  const [{ data, error }] = useLiveQuery(
    { query: nextTenQuery, variables: { id: schedule.rowId, name: schedule.name } },
    { topics: ['schedules', 'runs'], scheduleId: schedule.rowId },
  )
  useTellZone(zone)
  useTellUnread('the next ten times', error)
  const lines = nextLines({
    upcoming: data?.upcoming ?? [],
    skipped: data?.occurrenceOverrides?.nodes ?? [],
  })

  return (
    <Panel title="Next ten" aside={zone} padded={false}>
      {data !== undefined && lines.length === 0 && (
        <p className={styles.none}>
          {schedule.kind === 'manual'
            ? 'It runs only when triggered.'
            : schedule.warning !== null
              ? `It never runs. ${schedule.warning}`
              : 'No upcoming runs.'}
        </p>
      )}
      {schedule.status === 'paused' && lines.length > 0 && (
        <p className={styles.none}>Paused: these are the times at which it would run.</p>
      )}
      <ol className={styles.next}>
        {lines.map((line) => {
          const { key, at, isElsewhere, note, isSkipped } = line
          return (
            <li
              key={key}
              data-odd={(note !== null && !isElsewhere && !isSkipped) || undefined}
              data-skipped={isSkipped || undefined}
            >
              <span className="faint">{glyphOf(line) ?? line.number}</span>
              <time dateTime={at} title={formatFull(at, zone)}>
                {formatDay(at, zone, now)}{' '}
                <b>
                  {plainClock(at, zone)} {formatOffset(at, zone)}
                </b>
              </time>
              <span className="faint">{isSkipped ? 'Skipped' : <Countdown at={at} zone={zone} />}</span>
              {note !== null && <p>{note}</p>}
            </li>
          )
        })}
      </ol>
    </Panel>
  )
}
