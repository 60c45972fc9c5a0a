import { cutText } from '../shared/cutText.ts'
import { inShort, problemsOf, type PlannedSchedule, type SchedulePlan } from '../worker/code/schedulePlan.ts'

const SIGNS: Readonly<Record<PlannedSchedule['action'], string>> = {
  created: '+',
  restored: '+',
  adopted: '~',
  changed: '~',
  unchanged: ' ',
  archived: '-',
  refused: '!',
}
const LONGEST_VALUE = 60
const LISTED = 3

/** A plan as `almanac plan` prints it. */
export function printedPlan(plan: SchedulePlan): string {
  const { file, owner, version, schedules, definitions } = plan
  const changing = schedules.filter(({ action }) => action !== 'unchanged' && action !== 'refused')
  const warned = schedules.flatMap(({ name, warnings }) =>
    warnings.map((warning) => `Warning: ${name}: ${warning}`),
  )
  const problems = problemsOf(plan).map((problem) => `Refused: ${problem}`)
  const blocks = changing.map((schedule) =>
    printedSchedule(schedule, definitions[schedules.indexOf(schedule)]).join('\n'),
  )
  const summary = `${inShort(schedules)}.${changing.length + problems.length === 0 ? ' Nothing would change.' : ''}`
  return `${[
    `Schedules of ${owner}, version ${version}, from ${file}`,
    ...blocks,
    [...warned, ...problems].join('\n'),
    summary,
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`
}

function printedSchedule(schedule: PlannedSchedule, definition: unknown): string[] {
  const { name, action, changes } = schedule
  const isDisabled = action === 'created' && (definition as { status?: unknown })?.status !== 'active'
  const wide = Math.max(0, ...changes.map(({ field }) => field.length))
  return [
    `  ${SIGNS[action]} ${name}: ${action}${isDisabled ? ', disabled' : ''}`,
    ...changes.map(
      ({ field, from, to }) => `      ${field.padEnd(wide)}  ${shownValue(from)} → ${shownValue(to)}`,
    ),
    ...printedOccurrences(schedule),
  ]
}

function printedOccurrences({ added, removed, moved, occurrences }: PlannedSchedule): string[] {
  if (added === null) return ['      occurrences are not counted']
  const counts = Object.entries({ added, removed, moved })
    .filter(([, count]) => count !== null && count > 0)
    .map(([what, count]) => `${count} ${what}`)
  if (counts.length === 0) return []
  const listed = occurrences.slice(0, LISTED).map(({ was_due_at: was, due_at: due }) =>
    [was, due]
      .filter((time) => time !== null)
      .map(shownTime)
      .join(' → '),
  )
  const more = occurrences.length > LISTED ? ', …' : ''
  return [`      occurrences of the next 30 days: ${counts.join(', ')} (${listed.join(', ')}${more})`]
}

function shownTime(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`
}

function shownValue(value: unknown): string {
  return value === null ? 'none' : cutText(JSON.stringify(value), LONGEST_VALUE)
}
