import { IconX } from '@tabler/icons-react'
import { useEffect, useRef, type ReactNode } from 'react'
import { RunGlyph, RunStateText } from '../../runs/RunGlyph.tsx'
import { formatDuration } from '../../time/duration.ts'
import { formatClock, formatDay, formatFull, type Instant } from '../../time/instant.ts'
import { useNow } from '../../time/now.ts'
import { isElsewhere, itemKey, itemState, sumCounts, type CalendarItem } from '../items/calendarItem.ts'
import { countParts, reasonText, spokenCounts, stateText } from '../items/spokenLabel.ts'
import './itemPanel.css'

/** What the calendar's row does not say about its schedule. */
export interface ItemDetail {
  timeZone: string | null
  rule: string | null
  /** The schedule is Almanac's own. */
  isSystem?: boolean
  /** What the run or its last attempt said when it failed. */
  error: string | null
  /** Why an occurrence is not due at its nominal time, in the database's words. */
  note: string | null
}

interface ItemPanelProps {
  items: readonly CalendarItem[]
  timeZone: string
  /** Null while it is on its way, or where nothing more is known. */
  detail: ItemDetail | null
  /** Why one item ran or did not. */
  why: (item: CalendarItem) => ReactNode
  /** Buttons and links for one item. */
  actions: (item: CalendarItem) => ReactNode
  onSelect: (item: CalendarItem) => void
  onClose: () => void
}

function Moment({ at, zones }: { at: Instant; zones: readonly string[] }) {
  return zones.map((zone) => (
    <time key={zone} dateTime={new Date(at).toISOString()} title={formatFull(at, zone)}>
      {formatDay(at, zone)} {formatClock(at, zone)} <small>{zone}</small>
    </time>
  ))
}

function OneItem({
  item,
  timeZone,
  detail,
  why,
  actions,
}: Omit<ItemPanelProps, 'items' | 'onClose' | 'onSelect'> & { item: CalendarItem }) {
  const now = useNow()
  const zones = [...new Set([timeZone, detail?.timeZone ?? timeZone])]
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
      <dl>
        <dt>{isRange ? 'From' : item.kind === 'omitted' ? 'Nominal' : 'Due'}</dt>
        <dd>
          <Moment at={item.startsAt} zones={zones} />
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
            <dd>{detail.rule}</dd>
          </>
        )}
      </dl>
      {detail?.isSystem === true && <p className="item-counts">System schedule: it cannot be changed.</p>}
      {detail?.error != null && <pre className="item-error">{detail.error}</pre>}
      {item.kind !== 'bucket' && item.kind !== 'left_out' && (
        <section className="item-why" aria-label="Why">
          <h3>Why</h3>
          {why(item)}
        </section>
      )}
      <div className="item-actions">{actions(item)}</div>
    </>
  )
}

/** What was chosen in the calendar, next to it: one item, or a list to choose from. */
export function ItemPanel({ items, timeZone, detail, why, actions, onSelect, onClose }: ItemPanelProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  const first = items[0]
  const identity = first === undefined ? '' : `${itemKey(first)}:${items.length}`
  useEffect(() => heading.current?.focus(), [identity])
  if (first === undefined) return null
  const isOneSchedule = items.every((item) => item.scheduleId === first.scheduleId)
  const total = sumCounts(items).total
  return (
    <aside className="item-panel" aria-label="Details">
      <header>
        <h2 ref={heading} tabIndex={-1}>
          {isOneSchedule
            ? first.scheduleName
            : `${total.toLocaleString('en-GB')} on ${formatDay(first.startsAt, timeZone)}`}
        </h2>
        <button type="button" onClick={onClose} aria-label="Close" title="Close (Esc)">
          <IconX size={16} aria-hidden />
        </button>
      </header>
      {items.length === 1 ? (
        <OneItem {...{ item: first, timeZone, detail, why, actions }} />
      ) : (
        <>
          <p className="item-counts">
            {countParts(sumCounts(items)).map(({ state, text }) => (
              <RunStateText key={state} state={state}>
                {text}
              </RunStateText>
            ))}
          </p>
          <ul>
            {items.slice(0, 200).map((item) => (
              <li key={itemKey(item)}>
                <button type="button" onClick={() => onSelect(item)}>
                  <time>{formatClock(item.startsAt, timeZone, 'never')}</time>
                  <RunGlyph state={itemState(item)} label={itemState(item)} />
                  <span>{isOneSchedule ? spokenCounts(item) : item.scheduleName}</span>
                </button>
              </li>
            ))}
          </ul>
          {items.length > 200 && <p className="item-counts">{items.length - 200} more are not listed.</p>}
          {isOneSchedule && <div className="item-actions">{actions(first)}</div>}
        </>
      )}
    </aside>
  )
}
