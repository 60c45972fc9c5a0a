import { IconAlertTriangle } from '@tabler/icons-react'
import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { Panel } from '../panel/Panel.tsx'
import { formatClock, formatDay, formatFull, formatOffset } from '../time/instant.ts'
import { Countdown } from '../time/Time.tsx'
import { useNow } from '../time/now.ts'
import { draftOf, ruleDefinition, type Saved } from './draft.ts'
import styles from './SchedulePage.module.css'

const nextTenQuery = graphql(`
  query NextTen($name: String!, $rule: JSON!) {
    upcoming(schedule: $name, maxCount: 10) {
      scheduledFor
      dueAt
    }
    preview(definition: $rule, maxCount: 10) {
      scheduledFor
      note
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

/** The next times of a saved schedule, in its own zone; what a clock change does to one is said. */
export function NextTen({ schedule }: NextTenProps) {
  const now = useNow()
  const zone = schedule.timezone
  const [{ data }] = useLiveQuery(
    { query: nextTenQuery, variables: { name: schedule.name, rule: ruleOf(schedule) } },
    { topics: ['schedules', 'runs'], scheduleId: schedule.rowId },
  )
  const notes = new Map(data?.preview?.map(({ scheduledFor, note }) => [scheduledFor, note]))
  const times = data?.upcoming?.flatMap(({ scheduledFor }) => scheduledFor ?? []) ?? []

  return (
    <Panel title="Next ten" aside={zone} padded={false}>
      {data !== undefined && times.length === 0 && (
        <p className={styles.none}>
          {schedule.kind === 'manual' ? 'It runs only when triggered.' : 'No time is to come.'}
        </p>
      )}
      {schedule.status === 'paused' && times.length > 0 && (
        <p className={styles.none}>Paused: these are the times it would have.</p>
      )}
      <ol className={styles.next}>
        {times.map((at, index) => {
          const note = notes.get(at)
          return (
            <li key={at} data-odd={note ? true : undefined}>
              <span className="faint">
                {note ? <IconAlertTriangle size={15} aria-label="Clock change" /> : index + 1}
              </span>
              <time dateTime={at} title={formatFull(at, zone)}>
                {formatDay(at, zone, now)}{' '}
                <b>
                  {formatClock(at, zone)} {formatOffset(at, zone)}
                </b>
              </time>
              <span className="faint">
                <Countdown at={at} zone={zone} />
              </span>
              {note && <p>{note}</p>}
            </li>
          )
        })}
      </ol>
    </Panel>
  )
}
