import { emptyDraft, type Draft } from './draft.ts'
import type { NewScheduleSearch } from './newScheduleSearch.ts'

/** What a new schedule's form starts with. */
export function preparedDraft(timezone: string, { kind, at, cron, tag }: NewScheduleSearch): Draft {
  return {
    ...emptyDraft(timezone),
    ...(kind !== undefined && { kind }),
    ...(kind === 'once' && at !== undefined && { runAt: at }),
    ...(kind === 'cron' && cron !== undefined && { cron }),
    ...(tag !== undefined && { tags: [tag] }),
  }
}
