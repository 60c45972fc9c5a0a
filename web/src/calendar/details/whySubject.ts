import type { WhySubject } from '../../why/useWhy.ts'
import type { CalendarItem } from '../items/calendarItem.ts'

/** What to ask the database about an item: its run, or its nominal time; of a range, where it begins. */
export function whySubject({ scheduleId, runId, nominal, startsAt }: CalendarItem): WhySubject {
  if (runId !== null) return { scheduleId, runId }
  return { scheduleId, moment: nominal ?? new Date(startsAt).toISOString() }
}
