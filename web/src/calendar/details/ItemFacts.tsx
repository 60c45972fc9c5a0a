import type { ReactNode } from 'react'
import { Progress } from '../../runs/Progress.tsx'
import { RunGlyph, RunStateText } from '../../runs/RunGlyph.tsx'
import { runStateLabel, type RunState } from '../../runs/runState.ts'
import { useWarningsOf } from '../../schedules/warnings/scheduleWarnings.ts'
import { WarningNotes } from '../../schedules/warnings/WarningBadge.tsx'
import { formatDuration } from '../../time/duration.ts'
import {
  dayKey,
  formatClock,
  formatDay,
  formatFull,
  formatOffset,
  plainClock,
  type Instant,
} from '../../time/instant.ts'
import { useNow } from '../../time/now.ts'
import { dateText } from '../grid/timeFormat.ts'
import { isCounted, isElsewhere, itemState, type CalendarItem } from '../items/calendarItem.ts'
import { reasonText, spokenCounts, stateText } from '../items/spokenLabel.ts'
import { useTellZone } from '../../panel/shownZones.ts'
import './itemFacts.css'

/** A run that is over. */
interface LastOutcome {
  runId: string
  state: RunState
  at: number
  /** Milliseconds it took; null where it did not run. */
  took: number | null
}

/** What the calendar's row does not say about its schedule. */
export interface ItemDetail {
  timeZone: string | null
  rule: string | null
  /** The exact text of the rule, where there is one. */
  ruleText: string | null
  /** The schedule is Almanac's own. */
  isSystem: boolean
  /** The database lets this user change it. */
  mayChange: boolean
  /** What the run or its last attempt said when it failed. */
  error: string | null
  /** How far it says it is, while it is running. */
  progress: { of: number; note: string | null } | null
  /** Why an occurrence is not due at its nominal time, in the database's words. */
  note: string | null
  /** The latest ones of its schedule, the oldest first. */
  lastOutcomes: readonly LastOutcome[]
}

function Moment({ at, zones }: { at: Instant; zones: readonly string[] }) {
  return zones.map((zone) => (
    <time key={zone} dateTime={new Date(at).toISOString()} title={formatFull(at, zone)}>
      {formatDay(at, zone)} {plainClock(at, zone)}{' '}
      <small>
        {zone} {formatOffset(at, zone)}
      </small>
    </time>
  ))
}

function LastOutcomes({ outcomes, timeZone }: { outcomes: readonly LastOutcome[]; timeZone: string }) {
  if (outcomes.length === 0) return null
  return (
    <section className="last-outcomes" aria-label="Last outcomes">
      <h3>{outcomes.length === 1 ? 'Last outcome' : `Last ${outcomes.length} outcomes`}</h3>
      <ol>
        {outcomes.map(({ runId, state, at, took }) => (
          <li
            key={runId}
            data-run-state={state}
            title={`${runStateLabel(state)}, ${formatFull(at, timeZone)}`}
          >
            <RunGlyph state={state} label={runStateLabel(state)} />
            <b>{took === null ? '\u2013' : formatDuration(took)}</b>
            <small>{dateText(dayKey(at, timeZone), 'weekday')}</small>
          </li>
        ))}
      </ol>
    </section>
  )
}

interface ItemFactsProps {
  item: CalendarItem
  timeZone: string
  /** Null while it is on its way, or where nothing more is known. */
  detail: ItemDetail | null
  /** Chooses by which of the zones the calendar is shown. */
  zoneSwitch?: ReactNode
  /** Why it ran, or did not, or will not. */
  why: ReactNode
  actions: ReactNode
}

/** All about one item of the calendar: state, times in both zones, rule, why, last outcomes, and what can be done. */
export function ItemFacts({ item, timeZone, detail, zoneSwitch, why, actions }: ItemFactsProps) {
  const now = useNow()
  const warnings = useWarningsOf(item.scheduleId)
  const zones = [...new Set([timeZone, detail?.timeZone ?? timeZone])]
  useTellZone(detail?.timeZone ?? null)
  const reason = detail?.note ?? reasonText(item)
  const isRange = item.kind === 'bucket' || item.kind === 'omission'
  return (
    <>
      <p className="item-state">
        {item.kind === 'bucket' ? (
          <span>{spokenCounts(item)}</span>
        ) : (
          <RunStateText state={itemState(item)}>{stateText(item, now)}</RunStateText>
        )}
      </p>
      {detail?.progress && (
        <p className="item-progress">
          <Progress {...detail.progress} />
        </p>
      )}
      <dl>
        <dt>{isRange ? 'From' : item.kind === 'omitted' ? 'Nominal' : 'Due'}</dt>
        <dd>
          <Moment at={item.startsAt} zones={zones} />
          {zoneSwitch}
        </dd>
        {isRange && item.endsAt !== null && (
          <>
            <dt>Until</dt>
            <dd>
              <Moment at={item.endsAt} zones={zones} />
            </dd>
          </>
        )}
        {item.scheduledFor !== null && isElsewhere(item) && (
          <>
            <dt>Nominal</dt>
            <dd>
              <Moment at={item.scheduledFor} zones={zones} />
            </dd>
          </>
        )}
        {item.startedAt !== null && (
          <>
            <dt>Started</dt>
            <dd>
              {formatClock(item.startedAt, timeZone, 'always')} <small>{timeZone}</small>
            </dd>
          </>
        )}
        {item.startedAt !== null && item.finishedAt !== null && (
          <>
            <dt>Took</dt>
            <dd>{formatDuration(item.finishedAt - item.startedAt)}</dd>
          </>
        )}
        {item.attempt !== null && item.attempt > 1 && (
          <>
            <dt>Attempt</dt>
            <dd>
              {item.attempt} of {item.maxAttempts}
            </dd>
          </>
        )}
        {item.trigger !== null && item.trigger !== 'schedule' && (
          <>
            <dt>Trigger</dt>
            <dd>{item.trigger}</dd>
          </>
        )}
        {reason !== null && (
          <>
            <dt>Reason</dt>
            <dd>{reason.replace(/^./, (letter) => letter.toUpperCase())}</dd>
          </>
        )}
        {detail?.rule != null && (
          <>
            <dt>Rule</dt>
            <dd>
              {detail.rule} {detail.ruleText !== null && <code>{detail.ruleText}</code>}
            </dd>
          </>
        )}
      </dl>
      <WarningNotes warnings={warnings} />
      {detail?.isSystem === true && <p className="item-counts">System schedule: it cannot be changed.</p>}
      {detail?.error != null && <pre className="item-error">{detail.error}</pre>}
      {!isCounted(item) && (
        <section className="item-why" aria-label="Why">
          <h3>Why</h3>
          {why}
        </section>
      )}
      <LastOutcomes outcomes={detail?.lastOutcomes ?? []} timeZone={timeZone} />
      <div className="item-actions">{actions}</div>
    </>
  )
}
