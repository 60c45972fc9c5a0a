import { useMemo } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../graphql/graphql.ts'
import { formatDay } from '../time/instant.ts'
import { zoneDifference } from '../time/zoneDifference.ts'
import type { EngineNote } from './engineNotes.ts'

const midnightsQuery = graphql(`
  query Midnights($zone: String!, $from: Datetime!, $until: Datetime!) {
    occurrences(cron: "0 0 * * *", timezone: $zone, rangeStart: $from, rangeEnd: $until, maxCount: 500)
  }
`)

const day = 86_400_000
const month = 30 * day

/** That browser and database disagree about when clocks in the shown zone change: then times on the page are not those at which things run. */
export function zoneNote(midnights: readonly string[], zone: string): EngineNote | null {
  const at = zoneDifference(midnights, zone)
  if (at === null) return null
  return {
    key: 'zone',
    title: `This browser and the database have different rules for ${zone}.`,
    detail: `From ${formatDay(at, zone, 0)} on, times shown in this zone may differ from those of the database, which decide.`,
    remedies: [
      {
        text: 'Update the browser, and the time zone data of PostgreSQL, or show times in another zone, such as UTC.',
      },
    ],
  }
}

/** Compares the shown zone with the database's, from a month ago to a year ahead. */
export function useZoneNote(zone: string, now: number, isSignedIn: boolean): EngineNote | null {
  const begin = Math.floor(now / month) * month
  const [{ data }] = useQuery({
    query: midnightsQuery,
    variables: {
      zone,
      from: new Date(begin - month).toISOString(),
      until: new Date(begin + 400 * day).toISOString(),
    },
    pause: !isSignedIn || zone === 'UTC',
  })
  const midnights = data?.occurrences
  return useMemo(() => (midnights && zone !== 'UTC' ? zoneNote(midnights, zone) : null), [midnights, zone])
}
