import { changeInWords } from '../../schedules/form/changePreview.ts'
import { OverridesNote } from '../../schedules/form/OverridesNote.tsx'
import { formatClock, formatDay } from '../../time/instant.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import type { MovePlan } from './useMovePlan.ts'

interface FollowingNoteProps {
  /** Null while it is on its way. */
  plan: MovePlan | null
  item: CalendarItem
  timeZone: string
}

/** What moving all that follow means: the rule before and after in words and in full, and numbers; or why no rule says it. */
export function FollowingNote({ plan, item, timeZone }: FollowingNoteProps) {
  if (plan === null) return <p className="muted">Working out the new rule…</p>
  if (plan.changes === null) return <p className="muted">{plan.note}</p>
  const moment = `${formatDay(item.startsAt, timeZone)} ${formatClock(item.startsAt, timeZone)}`
  return (
    <>
      <p className="muted">
        {plan.earlier === 0
          ? `The rule changes from ${moment} on.`
          : `${plan.earlier === 1 ? 'One upcoming occurrence comes before it, which keeps its time' : `${plan.earlier.toLocaleString('en-GB')} upcoming occurrences come before it, which keep their time`}: the schedule ends before ${moment}, and a new one of the same definition begins with it.`}
      </p>
      <dl className="drop-rule">
        <dt>Before</dt>
        <dd>
          <s>{plan.before.words}</s> <code>{plan.before.text}</code>
        </dd>
        <dt>After</dt>
        <dd>
          <b>{plan.after.words}</b> <code>{plan.after.text}</code>
        </dd>
      </dl>
      <OverridesNote kept={plan.kept} lost={plan.lost} timeZone={timeZone} />
      <p role="status">
        {plan.preview === null
          ? 'Counting…'
          : plan.preview.isTooMuch
            ? 'Too many occurrences to count.'
            : `${changeInWords(plan.preview)} within 30 days.`}
      </p>
    </>
  )
}
