import { cutText } from '../cutText.ts'
import { EventError } from './icsError.ts'
import type { IcsComponent } from './icsText.ts'
import { renamedZones, windowsZones } from './windowsZones.generated.ts'

/** A time zone. Local times are milliseconds since 1970 of a clock that shows them, as if it were in UTC. */
export interface IcsZone {
  /** The name by which the database knows it; null: only the file does. */
  name: string | null
  /** The moment at which its clocks show a local time: the first of two, and as before the change where they skip it. */
  instantOf: (local: number) => number
  localOf: (instant: number) => number
}

/** Milliseconds ahead of UTC at a moment. */
type OffsetAt = (instant: number) => number

const day = 86_400_000

function zoneFrom(name: string | null, offsetAt: OffsetAt): IcsZone {
  const localOf = (instant: number) => instant + offsetAt(instant)
  return {
    name,
    localOf,
    instantOf: (local) => {
      const before = local - offsetAt(local - day)
      const after = local - offsetAt(local + day)
      const shown = [before, after].filter((instant) => localOf(instant) === local)
      return shown.length > 0 ? Math.min(...shown) : before
    },
  }
}

/** Names that Node or browsers take and IANA has not: three letters with several meanings. */
const isAmbiguous = (name: string) =>
  /^[A-Z]{3}$/i.test(name) && !/^(UTC|GMT|UCT|CET|EET|MET|WET|EST|MST|HST|ROC|ROK|PRC)$/i.test(name)

const known = new Map<string, IcsZone | null>()

/** A zone by its IANA name, however it is spelled; null if there is none. */
export function ianaZone(name: string): IcsZone | null {
  const found = known.get(name)
  if (found !== undefined) return found
  const zone = isAmbiguous(name) ? null : newIanaZone(name)
  known.set(name, zone)
  return zone
}

function newIanaZone(timeZone: string): IcsZone | null {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      hourCycle: 'h23',
    })
  } catch {
    return null
  }
  const resolved = format.resolvedOptions().timeZone
  return zoneFrom(databaseName(resolved), (instant) => {
    const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]))
    const of = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type))
    const year = parts.get('era') === 'BC' ? 1 - of('year') : of('year')
    const local = new Date(0)
    local.setUTCFullYear(year, of('month') - 1, of('day'))
    local.setUTCHours(of('hour'), of('minute'), of('second'))
    return local.getTime() - Math.floor(instant / 1000) * 1000
  })
}

function databaseName(resolved: string): string | null {
  const offset = /^([+-])(\d\d):(\d\d)$/.exec(resolved)
  if (offset === null) return renamedZones[resolved] ?? resolved
  const [, sign = '+', hours = '0', minutes] = offset
  if (minutes !== '00') return null
  return Number(hours) === 0 ? 'UTC' : `Etc/GMT${sign === '+' ? '-' : '+'}${Number(hours)}`
}

export const utc: IcsZone = { name: 'UTC', instantOf: (local) => local, localOf: (instant) => instant }

/** Gives the local times at which a rule of a described zone begins; see icsSeries. */
export type Onsets = (observance: IcsComponent) => readonly number[]

/** A zone as the file describes it: which offset began when. */
function describedZone(description: IcsComponent, onsetsOf: Onsets): IcsZone | null {
  const offset = (observance: IcsComponent, name: string) =>
    parseOffset(observance.properties.find((property) => property.name === name)?.value ?? '')
  const changes = description.components.flatMap((observance) => {
    const from = offset(observance, 'TZOFFSETFROM')
    const to = offset(observance, 'TZOFFSETTO')
    if (from === null || to === null) return []
    return onsetsOf(observance).map((local) => ({ at: local - from, from, to }))
  })
  changes.sort((a, b) => a.at - b.at)
  const [first] = changes
  if (first === undefined) return null
  return zoneFrom(null, (instant) => changes.findLast(({ at }) => at <= instant)?.to ?? first.from)
}

function parseOffset(text: string): number | null {
  const found = /^([+-])(\d\d):?(\d\d):?(\d\d)?$/.exec(text.trim())
  if (found === null) return null
  const [, sign, hours, minutes, seconds = '0'] = found
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  return (sign === '-' ? -size : size) * 1000
}

/** Finds the zones that the times of a calendar name. */
export function zonesOf(calendar: IcsComponent, onsetsOf: Onsets): (tzid: string) => IcsZone {
  const found = new Map<string, IcsZone | null>()
  const descriptions = calendar.components.filter(({ name }) => name === 'VTIMEZONE')
  const valueOf = (component: IcsComponent, name: string) =>
    component.properties.find((property) => property.name === name)?.value
  const find = (tzid: string): IcsZone | null => {
    if (tzid.length > 200) return null
    const description = descriptions.find((each) => valueOf(each, 'TZID') === tzid)
    return (
      namedZone(tzid) ??
      namedZone(description ? (valueOf(description, 'X-LIC-LOCATION') ?? '') : '') ??
      (description ? describedZone(description, onsetsOf) : null) ??
      zoneByWords(tzid)
    )
  }
  return (tzid) => {
    if (!found.has(tzid)) found.set(tzid, find(tzid))
    const zone = found.get(tzid)
    if (!zone)
      throw new EventError(`The time zone ${cutText(tzid, 100)} is neither known nor described in the file.`)
    return zone
  }
}

/** By IANA's name, the one of Windows, an offset, or a path that ends in IANA's name. */
export function namedZone(name: string): IcsZone | null {
  const windows = windowsZones[name] ?? windowsZones[name.replace(/\bDaylight Time$/, 'Standard Time')]
  if (windows !== undefined) return ianaZone(windows)
  const offset = /^(?:UTC|GMT)?([+-]\d\d?):?(\d\d)?$/i.exec(name)
  if (offset !== null) {
    const [, hours = '+0', minutes = '00'] = offset
    return ianaZone(`${hours.slice(0, 1)}${hours.slice(1).padStart(2, '0')}:${minutes}`)
  }
  if (/^tzone:\/\/Microsoft\/Utc$/i.test(name)) return utc
  const parts = name.split('/')
  const paths = [0, ...(name.startsWith('/') ? [parts.length - 3, parts.length - 2] : [])]
  for (const from of paths) {
    const zone = from >= 0 ? ianaZone(parts.slice(from).join('/')) : null
    if (zone !== null) return zone
  }
  return null
}

/** By what Outlook shows of a zone: "(UTC-05:00) Eastern Time (US & Canada)", "Kuala Lumpur, Singapore"; or US-Eastern. */
function zoneByWords(name: string): IcsZone | null {
  const slashed = ianaZone(name.replace('-', '/'))
  if (slashed !== null) return slashed
  for (const part of name.replace(/\([^)]*\)/g, '').split(/[,;/]/)) {
    const words = part.trim()
    const zone =
      windowsZones[`${words.replace(/ Time$/, '')} Standard Time`] ??
      Intl.supportedValuesOf('timeZone').find((each) => each.split('/').at(-1) === words.replaceAll(' ', '_'))
    if (words !== '' && zone !== undefined) return ianaZone(zone)
  }
  return null
}
