import type { SearchMiddleware } from '@tanstack/react-router'
import { isTimeZone } from '../time/zone.ts'
import type { FramedSearch } from './framedParams.ts'
import { parseSearch, stringifySearch } from './searchText.ts'

/** The next page keeps the zone that an address brought, unless it names one, or none. */
export const keepZone: SearchMiddleware<FramedSearch> = ({ search, next }) => {
  const asked = next(search)
  const { zone } = search
  // A wrong one is told and taken out where it is.
  return zone === undefined || Object.hasOwn(asked, 'zone') || !isTimeZone(zone) ? asked : { ...asked, zone }
}

/** An address in a zone, unless it names one. */
export function inZone(address: string, zone: string | undefined): string {
  const [path = '', ...search] = address.split('?')
  return zone === undefined ? address : path + stringifySearch({ zone, ...parseSearch(search.join('?')) })
}
