import { compareSeverity, type RunState } from '../../runs/runState.ts'
import { itemKey, itemState, type CalendarItem } from '../items/calendarItem.ts'

/** One line of a day's list: an item, or several of one minute that went the same way. */
export interface AgendaRow {
  key: string
  at: number
  state: RunState
  items: readonly CalendarItem[]
}

const minute = 60_000
const leastPile = 3

/** A day's items by time, what needs a person first; three and more of one minute and state are one row, but for what is kept. */
export function agendaRows(
  items: readonly CalendarItem[],
  isKept: (key: string) => boolean = () => false,
): AgendaRow[] {
  const places = new Map<string, CalendarItem[]>()
  for (const item of items) {
    const key = itemKey(item)
    const place = isKept(key)
      ? key
      : `${Math.floor(item.startsAt / minute)} ${itemState(item)} ${item.kind === 'pile'}`
    places.set(place, [...(places.get(place) ?? []), item])
  }
  const row = (own: readonly CalendarItem[]): AgendaRow[] => {
    const [first] = own
    if (first === undefined) return []
    return [{ key: itemKey(first), at: first.startsAt, state: itemState(first), items: own }]
  }
  return [...places.values()]
    .flatMap((own) => (own.length < leastPile ? own.flatMap((item) => row([item])) : row(own)))
    .sort((a, b) => a.at - b.at || compareSeverity(a.state, b.state))
}
