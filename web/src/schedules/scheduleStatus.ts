import type { EnumValue } from '../graphql/enum.ts'

/**
 * Whether a schedule fires: one that is deleted has a status too, which does not count, and one that never could run is not
 * completed.
 */
export type ShownStatus = EnumValue<'ScheduleStatus'> | 'never' | 'deleted'

/** The statuses in words. */
export const statusNames: Record<ShownStatus, string> = {
  active: 'Active',
  paused: 'Paused',
  completed: 'Completed',
  never: 'Never runs',
  disabled: 'Disabled',
  deleted: 'Deleted',
}

/** The status that people see. */
export function shownStatus(schedule: {
  readonly status: EnumValue<'ScheduleStatus'>
  readonly deletedAt: string | null
  /** Why it never runs. */
  readonly warning: string | null
}): ShownStatus {
  if (schedule.deletedAt !== null) return 'deleted'
  return schedule.status === 'completed' && schedule.warning !== null ? 'never' : schedule.status
}
