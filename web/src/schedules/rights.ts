import { notifications } from '@mantine/notifications'

/** What someone may do with a schedule, and whose it is. */
export interface ScheduleRights {
  isSystem: boolean
  mayChange: boolean
  /** A user, or the role that it runs as. */
  owner: string
}

interface Role {
  canChange: boolean
  isAdmin: boolean
}

/** Why someone may not change a schedule, and who may; null where they may, or where that is not known. */
export function whyNotChange(rights: ScheduleRights | null, { canChange, isAdmin }: Role): string | null {
  if (!canChange) return 'Viewers change no schedules. Operators change their own, admins all.'
  if (rights?.isSystem === true) return 'It is a system schedule, which no one can change.'
  if (rights === null || rights.mayChange || isAdmin) return null
  return `It belongs to ${rights.owner}. Only ${rights.owner} and admins can change it.`
}

/** The same of running it now. */
export function whyNotRun(rights: ScheduleRights | null, role: Role): string | null {
  if (!role.canChange || rights?.isSystem !== true) return whyNotChange(rights, role)
  return role.isAdmin ? null : 'It is a system schedule, which only admins can run.'
}

/** Says at once why something is not done that only others may do. */
export function tellKept(deed: string, name: string, why: string): void {
  notifications.show({
    // The same key again says it once.
    id: `kept:${deed}:${name}`,
    color: 'red',
    autoClose: 10_000,
    message: `Cannot ${deed} ${name}. ${why}`,
  })
}
