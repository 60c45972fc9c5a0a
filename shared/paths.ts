/**
 * The address of every page of the client. The router takes them from here, and so does the server, which answers any other
 * address with 404. `$name` stands for one part of an address, `{-$name}` for one that may be left out.
 */
export const PATHS = {
  home: '/',
  calendar: '/calendar/$view/{-$date}',
  calendarHome: '/calendar',
  schedules: '/schedules',
  scheduleNew: '/schedules/new',
  schedule: '/schedules/$scheduleId',
  scheduleEdit: '/schedules/$scheduleId/edit',
  runs: '/runs',
  run: '/runs/$runId',
  exclusions: '/exclusions',
  exclusionCalendar: '/exclusions/$calendarId',
  workers: '/workers',
  workerJobs: '/workers/jobs',
  ledger: '/ledger',
  settings: '/settings',
  signIn: '/sign-in',
  gallery: '/gallery',
} as const

const PATTERNS = Object.values(PATHS).map((path) => {
  const parts = path.replace(/\/\{-\$\w+\}/g, '(?:/[^/]+)?').replace(/\$\w+/g, '[^/]+')
  return new RegExp(`^${parts.replace(/\/$/, '')}/?$`)
})

/** Whether a path is the address of a page. */
export function isPage(path: string): boolean {
  return PATTERNS.some((pattern) => pattern.test(path))
}
