import { statusNames, type ShownStatus } from './scheduleStatus.ts'

const tones: Partial<Record<ShownStatus, string>> = { active: 'good', paused: 'paused', never: 'warn' }

/** The status of a schedule next to its name. */
export function ScheduleTag({ status }: { status: ShownStatus }) {
  return (
    <span className="tag" data-tone={tones[status]}>
      {statusNames[status]}
    </span>
  )
}
