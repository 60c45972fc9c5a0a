import { dateText, timeOnDay } from '../grid/timeFormat.ts'
import { wallTime, type ZonedDay } from '../grid/zonedDay.ts'

interface LaneTick {
  at: number
  text: string
  /** Whether a day begins. */
  isDay: boolean
}

const steps = [15, 30, 60, 120, 180, 360, 720, 1440]
const quarter = 15 * 60_000

/** The marks of a scale of time, no closer than `least` milliseconds: at full hours of the clock, whatever it does. */
export function laneTicks(days: readonly ZonedDay[], start: number, end: number, least: number): LaneTick[] {
  const step = steps.find((each) => each * 60_000 >= least) ?? 1440
  return days.flatMap((day) => {
    const ticks: LaneTick[] = []
    for (let at = day.start; at < day.end; at += quarter) {
      if (at < start || at >= end) continue
      const isDay = at === day.start
      if (!isDay && wallTime(day, at).wall % step !== 0) continue
      ticks.push({ at, isDay, text: isDay ? dateText(day.date, 'weekday') : timeOnDay(day, at) })
    }
    return ticks
  })
}
