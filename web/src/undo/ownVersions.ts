/**
 * As of when things stand as this page left them, to the microsecond, by what they are: of a schedule its updatedAt, of an
 * occurrence when it was moved or skipped. Anyone who undoes something says so, and is told what others did since.
 */
const versions = new Map<string, string | null>()

const occurrenceKey = (scheduleId: string, nominal: string) => `occurrence:${scheduleId}:${nominal}`

export const ownVersions = {
  schedule: (id: string): string | null => versions.get(`schedule:${id}`) ?? null,
  setSchedule: (id: string, updatedAt: string | null | undefined): void => {
    if (updatedAt) versions.set(`schedule:${id}`, updatedAt)
  },
  /** Null where it was restored. */
  occurrence: (scheduleId: string, nominal: string): string | null =>
    versions.get(occurrenceKey(scheduleId, nominal)) ?? null,
  setOccurrence: (scheduleId: string, nominal: string, madeAt: string | null | undefined): void => {
    versions.set(occurrenceKey(scheduleId, nominal), madeAt ?? null)
  },
}
