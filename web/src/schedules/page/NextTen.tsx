import { IconAlertTriangle } from '@tabler/icons-react'
import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { Panel } from '../../panel/Panel.tsx'
import { RunGlyph } from '../../runs/RunGlyph.tsx'
import { formatClock, formatDay, formatFull, formatOffset } from '../../time/instant.ts'
import { Countdown } from '../../time/Time.tsx'
import { useNow } from '../../time/now.ts'
import { draftOf, ruleDefinition, type Saved } from '../form/draft.ts'
import { nextLines, type NextLine } from './nextTen.ts'
import styles from './SchedulePage.module.css'

const nextTenQuery = graphql(`
  query NextTen($id: BigInt!, $name: String!, $rule: JSON!) {
    upcoming(schedule: $name, maxCount: 10) {
      scheduledFor
      dueAt
      note
    }
    preview(definition: $rule, maxCount: 10) {
      scheduledFor
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
  schedule: Saved & { rowId: string; status: string; createdAt: string }
}

/** The anchor of an interval without a start is its creation, which only the saved row knows. */
function ruleOf(schedule: NextTenProps['schedule']) {
  const rule = ruleDefinition(draftOf(schedule))
  return {
    ...rule,
    starts_at: schedule.startsAt ?? (schedule.kind === 'interval' ? schedule.createdAt : null),
  }
}

function glyphOf({ isSkipped, nominal, note }: NextLine) {
  if (isSkipped) return <RunGlyph state="skipped" label="Will not run" />
  if (nominal !== null) return <RunGlyph state="moved" label="Due at another time" />
  return note === null ? null : <IconAlertTriangle size={15} aria-label="Clock change" />
}

/** The next times of a saved schedule, in its own zone; why one is not at its nominal time is said. */
export function NextTen({ schedule }: NextTenProps) {
  const now = useNow()
  const zone = schedule.timezone
  const [{ data }] = useLiveQuery(
    {
      query: nextTenQuery,
      variables: { id: schedule.rowId, name: schedule.name, rule: ruleOf(schedule) },
    },
    { topics: ['schedules', 'runs'], scheduleId: schedule.rowId },
  )
  const lines = nextLines({
    upcoming: data?.upcoming ?? [],
    preview: data?.preview ?? [],
    skipped: data?.occurrenceOverrides?.nodes ?? [],
  })
  const moment = (at: string) => `${formatDay(at, zone, now)} ${formatClock(at, zone)}`

  return (
    <Panel title="Next ten" aside={zone} padded={false}>
      {data !== undefined && lines.length === 0 && (
        <p className={styles.none}>
          {schedule.kind === 'manual' ? 'It runs only when triggered.' : 'No upcoming runs.'}
        </p>
      )}
      {schedule.status === 'paused' && lines.length > 0 && (
        <p className={styles.none}>Paused: these are the times at which it would run.</p>
      )}
      <ol className={styles.next}>
        {lines.map((line) => {
          const { key, at, nominal, note, isSkipped } = line
          const notes = [note, nominal === null ? null : `Nominal time ${moment(nominal)}.`].filter(Boolean)
          return (
            <li
              key={key}
              data-odd={(note !== null && nominal === null && !isSkipped) || undefined}
              data-skipped={isSkipped || undefined}
            >
              <span className="faint">{glyphOf(line) ?? line.number}</span>
              <time dateTime={at} title={formatFull(at, zone)}>
                {formatDay(at, zone, now)}{' '}
                <b>
                  {formatClock(at, zone)} {formatOffset(at, zone)}
                </b>
              </time>
              <span className="faint">{isSkipped ? 'Skipped' : <Countdown at={at} zone={zone} />}</span>
              {notes.length > 0 && <p>{notes.join(' ')}</p>}
            </li>
          )
        })}
      </ol>
    </Panel>
  )
}
