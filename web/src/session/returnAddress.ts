import { isPage, PATHS } from '../../../shared/paths.ts'

const key = 'almanac.return-to'

/** What of a location is an address within the client. */
type Place = Pick<Location, 'pathname' | 'search' | 'hash'>

/** The address where it is one of the client's own pages, otherwise the start page. Nothing leads to another host. */
export function ownAddress(text: string | null, origin: string): string {
  if (text === null || !text.startsWith('/') || !URL.canParse(text, origin)) return PATHS.home
  const url = new URL(text, origin)
  const isOwn = url.origin === origin && isPage(url.pathname) && !url.pathname.startsWith(PATHS.signIn)
  return isOwn ? url.pathname + url.search + url.hash : PATHS.home
}

/**
 * Keeps the address that someone asked for before they sign in. It stays in the tab, not in the address of the sign-in page:
 * a link that is pasted over that address would replace it, and a stranger's link could name any other.
 */
export function keepReturnAddress(place: Place, storage: Pick<Storage, 'setItem'> = sessionStorage): void {
  storage.setItem(key, place.pathname + place.search + place.hash)
}

/** Where to go once signed in. Asked for once. */
export function takeReturnAddress(
  origin: string,
  storage: Pick<Storage, 'getItem' | 'removeItem'> = sessionStorage,
): string {
  const kept = storage.getItem(key)
  storage.removeItem(key)
  return ownAddress(kept, origin)
}
