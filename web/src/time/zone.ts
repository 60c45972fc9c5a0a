import { createContext, useContext } from 'react'

/** The zone of the machine. */
export function browserTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** The zone in which times are shown. */
export const TimeZoneContext = createContext(browserTimeZone())

/** The IANA name of the zone in which times are shown. */
export function useTimeZone(): string {
  return useContext(TimeZoneContext)
}

let ofPage = browserTimeZone()

/** Tells what is not part of the page, such as notes of what was done, in which zone it shows times. */
export function setPageZone(zone: string): void {
  ofPage = zone
}

/** The zone in which the page shows times, for what is not drawn within it. */
export function pageZone(): string {
  return ofPage
}

/** Whether a browser knows the name as a time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
