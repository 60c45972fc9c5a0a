import { isTimeZone } from '../time/zone.ts'
import { checked, type SearchOf } from './params.ts'

/** What every page's address may say. */
export const framedParams = {
  /** The zone to show; the viewer's own where it is missing. */
  zone: checked(isTimeZone, undefined, 'a time zone', 'showing your own'),
}

export type FramedSearch = Partial<SearchOf<typeof framedParams>>
