import { emptyDraft, type Draft } from './draft.ts'
import type { NewScheduleSearch } from './newScheduleSearch.ts'
import type { TaskChoice } from './TaskFields.tsx'

/** What a new schedule's form starts with: the usual task, or the first one that may be used. */
export function preparedDraft(
  timezone: string,
  { kind, at, cron, tag }: NewScheduleSearch,
  tasks: readonly Pick<TaskChoice, 'identifier' | 'mayUse'>[] = [],
): Draft {
  const empty = emptyDraft(timezone)
  const usual = tasks.find(({ identifier }) => identifier === empty.task)
  const usable = tasks.find(({ mayUse }) => mayUse)
  return {
    ...empty,
    ...(usual?.mayUse === false && usable !== undefined && { task: usable.identifier }),
    ...(kind !== undefined && { kind }),
    ...(kind === 'once' && at !== undefined && { runAt: at }),
    ...(kind === 'cron' && cron !== undefined && { cron }),
    ...(tag !== undefined && { tags: [tag] }),
  }
}
