import type { EnumValue } from '../graphql/enum.ts'

/** Whether a schedule fires; one that is deleted has a status too, which does not count. */
export type ShownStatus = EnumValue<'ScheduleStatus'> | 'deleted'

/** The statuses in words. */
export const statusNames: Record<ShownStatus, string> = {
  active: 'Active',
  paused: 'Paused',
  completed: 'Completed',
  disabled: 'Disabled',
  deleted: 'Deleted',
}

/** The status that people see. */
export function shownStatus(schedule: {
  readonly status: EnumValue<'ScheduleStatus'>
  readonly deletedAt: string | null
}): ShownStatus {
  return schedule.deletedAt === null ? schedule.status : 'deleted'
}
