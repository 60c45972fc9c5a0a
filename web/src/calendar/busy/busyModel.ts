/** What an hour of a weekday is to have, as the database counts it. */
export interface BusyHour {
  /** 1 Monday to 7 Sunday. */
  weekday: number
  hour: number
  occurrences: number
  /** Of these, how many are of a schedule whose usual duration is not known. */
  unmeasured: number
  /** How long they run altogether, in milliseconds. */
  runTime: number
}

export interface BusyCell extends BusyHour {
  /** How many run at once, on average. */
  load: number
  /** Next to the busiest hour, from 0 to 4. */
  level: number
}

const hour = 3_600_000
const highest = 4

/** All hours of a week, by weekday; those of which the database says nothing have nothing. */
export function busyWeek(hours: readonly BusyHour[], days: number): BusyCell[][] {
  const weeks = Math.max(1, days / 7)
  const known = new Map(hours.map((each) => [each.weekday * 24 + each.hour, each]))
  const most = Math.max(0, ...hours.map(({ runTime }) => runTime))
  return Array.from({ length: 7 }, (_, day) =>
    Array.from({ length: 24 }, (__, at) => {
      const nothing = { weekday: day + 1, hour: at, occurrences: 0, unmeasured: 0, runTime: 0 }
      const own = known.get((day + 1) * 24 + at) ?? nothing
      const level = most === 0 ? 0 : Math.ceil((own.runTime / most) * highest)
      return { ...own, load: own.runTime / hour / weeks, level }
    }),
  )
}

/** The hour in which most runs at once; null where nothing is known to. */
export function busiest(week: readonly (readonly BusyCell[])[]): BusyCell | null {
  const cells = week.flat().filter(({ runTime }) => runTime > 0)
  return cells.toSorted((a, b) => b.runTime - a.runTime)[0] ?? null
}
