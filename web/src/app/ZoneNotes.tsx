import { useMemo } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../graphql/graphql.ts'
import { formatDay } from '../time/instant.ts'
import { zoneDifference } from '../time/zoneDifference.ts'
import { EngineNotes } from './EngineNotes.tsx'
import type { EngineNote } from './engineNotes.ts'
import { useShownZones } from '../panel/shownZones.ts'

const midnightsQuery = graphql(`
  query Midnights($zone: String!, $from: Datetime!, $until: Datetime!) {
    occurrences(cron: "0 0 * * *", timezone: $zone, rangeStart: $from, rangeEnd: $until, maxCount: 500)
  }
`)

const day = 86_400_000
const month = 30 * day
/** The database knows no later times. */
const lastAnswered = Date.parse('9999-12-31T00:00Z')

/** That browser and database disagree about when clocks in a zone change: then times on the page are not those at which things run. */
export function zoneNote(midnights: readonly string[], zone: string): EngineNote | null {
  const difference = zoneDifference(midnights, zone)
  if (difference === null) return null
  const { at, isEarlier } = difference
  return {
    key: 'zone',
    title: `This browser and the database have different rules for ${zone}.`,
    detail: `From ${formatDay(at, zone, 0)}${isEarlier ? ' or earlier' : ''} on, times shown in this zone may differ from those of the database, which decide.`,
    remedies: [
      {
        text: 'Update the browser, and the time zone data of PostgreSQL, or show times in another zone, such as UTC.',
      },
    ],
  }
}

/** What is compared around a moment: from a month before to a year after, the same for a month. */
export function comparedRange(at: number): { from: string; until: string } {
  const begin = Math.floor(at / month) * month
  const [from, until] = [begin - month, Math.min(begin + 400 * day, lastAnswered)]
  return { from: new Date(from).toISOString(), until: new Date(until).toISOString() }
}

interface ZoneNotesProps {
  /** The zone of the page. */
  zone: string
  now: number
  /** What the page shows, where that is not around now. */
  at: number
}

/** Compares the zones in which times are shown with the database's: each once, and again where other years are shown. */
export function ZoneNotes({ zone, now, at }: ZoneNotesProps) {
  const others = useShownZones()
  const { from, until } = comparedRange(now)
  const isNear = at >= Date.parse(from) && at < Date.parse(until) - month
  return [...new Set([zone, ...others])]
    .filter((each) => each !== 'UTC')
    .map((each) => <ZoneNote key={each} zone={each} {...(isNear ? { from, until } : comparedRange(at))} />)
}

function ZoneNote(variables: { zone: string; from: string; until: string }) {
  const { zone } = variables
  const [{ data }] = useQuery({ query: midnightsQuery, variables })
  const midnights = data?.occurrences
  const note = useMemo(() => (midnights ? zoneNote(midnights, zone) : null), [midnights, zone])
  return (
    note !== null && (
      <div className="engine-notes">
        <EngineNotes notes={[note]} zone={zone} />
      </div>
    )
  )
}
