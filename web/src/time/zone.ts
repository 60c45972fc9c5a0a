import { createContext, useContext } from 'react'

/** The zone in which times are shown. */
export const TimeZoneContext = createContext(Intl.DateTimeFormat().resolvedOptions().timeZone)

/** The IANA name of the zone in which times are shown. */
export function useTimeZone(): string {
  return useContext(TimeZoneContext)
}
