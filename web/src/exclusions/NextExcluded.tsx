import { useMinute } from '../time/useMinute.ts'
import { rangeText } from './entry.ts'
import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { useTellUnread } from '../panel/unread.ts'
import { Panel } from '../panel/Panel.tsx'
import { useTellZone } from '../panel/shownZones.ts'
import styles from './Exclusions.module.css'

const nextQuery = graphql(`
  query NextExcluded($calendar: String!, $start: Datetime!, $end: Datetime!, $timezone: String!) {
    excludedTimes(rangeStart: $start, rangeEnd: $end, calendars: [$calendar], timezone: $timezone) {
      label
      startsAt
      endsAt
    }
  }
`)

const day = 86_400_000
const most = 8

interface NextExcludedProps {
  calendar: string
  zone: string
}

/** What a calendar excludes next. */
export function NextExcluded({ calendar, zone }: NextExcludedProps) {
  const start = Math.floor(useMinute() / day) * day
  const variables = {
    calendar,
    start: new Date(start).toISOString(),
    end: new Date(start + 90 * day).toISOString(),
    timezone: zone,
  }
  const [{ data, error }] = useLiveQuery({ query: nextQuery, variables }, { topics: ['schedules'] })
  useTellZone(zone)
  useTellUnread('what is excluded next', error)
  const times = data?.excludedTimes?.slice(0, most)
  return (
    <Panel title="Excluded next" aside={zone}>
      {times === undefined ? (
        <p className="muted small">{error === undefined ? 'Loading' : 'Not known'}</p>
      ) : times.length === 0 ? (
        <p className="muted small">Nothing in the next 90 days.</p>
      ) : (
        <ol className={styles.times}>
          {times.map(({ label, startsAt, endsAt }) => (
            <li key={`${startsAt} ${endsAt} ${label}`}>
              <b title={label ?? undefined}>{label ?? calendar}</b>
              <span>{startsAt !== null && endsAt !== null && rangeText(startsAt, endsAt, zone)}</span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}
