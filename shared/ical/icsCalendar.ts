import { EventError } from './icsError.ts'
import { readEvent, type IcsEvent } from './icsEvent.ts'
import { keyOf, onsetsOf, rulesOf, versionOf, type Override, type Series } from './icsSeries.ts'
import { textOf, type IcsComponent } from './icsText.ts'
import { parseTime, type TimeContext } from './icsTime.ts'
import { ianaZone, namedZone, utc, zonesOf } from './icsZone.ts'

interface ContextOptions {
  /** Zone of the calendar that takes the entries; null: it has none. */
  timezone: string | null
  /** What times without a zone mean where neither the file nor the calendar says it. */
  fallback?: string
}

/** How the times of a calendar of the file are read. */
export function contextOf(calendar: IcsComponent, { timezone, fallback }: ContextOptions): TimeContext {
  const own = namedZone(textOf(calendar, 'X-WR-TIMEZONE') ?? '')
  const floating = own ?? ianaZone(timezone ?? fallback ?? 'UTC') ?? utc
  return { zoneOf: zonesOf(calendar, onsetsOf), floating, isNamed: own !== null }
}

/** Events with what the file says of single occurrences of them. */
export function seriesOf(
  calendar: IcsComponent,
  home: string | null,
  context: TimeContext,
  leaveOut: (component: IcsComponent, reason: string) => void,
): Series[] {
  const attempt = <Result>(component: IcsComponent, work: () => Result): Result | null => {
    try {
      return work()
    } catch (error) {
      leaveOut(component, error instanceof EventError ? error.message : 'It could not be read.')
      return null
    }
  }
  const events = calendar.components.filter(({ name }) => name === 'VEVENT')
  const gone = new Set<string>()
  const masters = new Map<string, (Series & { overrides: Override[] })[]>()
  const uidOf = (component: IcsComponent) => textOf(component, 'UID') ?? `line ${component.line}`
  for (const component of events) {
    if (component.properties.some(({ name }) => name === 'RECURRENCE-ID')) continue
    const series = attempt(component, () => {
      const reason = reasonToLeaveOut(component)
      const master = readEvent(component, home, context)
      if (reason !== null && !(reason === free && master.isAllDay)) {
        gone.add(uidOf(component))
        throw new EventError(reason)
      }
      return { master, rules: rulesOf(master, 'RRULE'), overrides: [] }
    })
    if (!series) continue
    const same = masters.get(uidOf(component)) ?? []
    masters.set(uidOf(component), same)
    addVersion(same, series)
  }
  const alone: Series[] = []
  for (const component of events) {
    const property = component.properties.find(({ name }) => name === 'RECURRENCE-ID')
    if (property === undefined) continue
    attempt(component, () => {
      const reason = reasonToLeaveOut(component)
      const of = masters.get(uidOf(component))?.find(isRecurring)
      const event =
        reason === cancelled && of
          ? { ...of.master, component }
          : readEvent(component, home, context, of?.master)
      const isGone = reason !== null && !(reason === free && event.isAllDay)
      const replaces = parseTime(property.value, property.params, context)
      const isForFollowing = property.params.get('RANGE')?.toUpperCase() === 'THISANDFUTURE'
      if (of) addOverride(of, { event, replaces, isForFollowing, isGone }, context)
      else if (!isGone && !gone.has(uidOf(component))) alone.push({ master: event, rules: [], overrides: [] })
    })
  }
  return [...masters.values(), alone].flat()
}

/** Of two versions of one event the later counts; events that only share their UID are several. */
function addVersion<Kind extends Series>(all: Kind[], series: Kind): void {
  const [present] = all
  const newer = present === undefined ? 0 : versionOf(series.master) - versionOf(present.master)
  if (newer > 0) all.length = 0
  if (newer >= 0) all.push(series)
}

/** Of two versions of one occurrence the one with the higher SEQUENCE counts, otherwise the later one in the file. */
function addOverride(
  series: { master: IcsEvent; overrides: Override[] },
  override: Override,
  context: TimeContext,
): void {
  const key = ({ replaces }: Override) => keyOf(series.master, replaces, context)
  const before = series.overrides.findIndex((each) => key(each) === key(override))
  const old = series.overrides[before]
  if (old === undefined) series.overrides.push(override)
  else if (versionOf(override.event) >= versionOf(old.event)) series.overrides[before] = override
}

export const isRecurring = ({ master, rules, overrides }: Series) =>
  rules.length > 0 || overrides.length > 0 || master.component.properties.some(({ name }) => name === 'RDATE')

const free = 'It is marked as free time.'
export const cancelled = 'It is cancelled.'

function reasonToLeaveOut(component: IcsComponent): string | null {
  if (textOf(component, 'STATUS')?.toUpperCase() === 'CANCELLED') return cancelled
  return textOf(component, 'TRANSP')?.toUpperCase() === 'TRANSPARENT' ? free : null
}
