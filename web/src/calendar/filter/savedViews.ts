import * as v from 'valibot'
import { plainAddress } from '../../address/searchText.ts'

/** A view of the calendar that is kept under a name. */
export interface SavedView {
  name: string
  /** A path within the calendar, with its filters and without a day: it opens at today. */
  address: string
}

const savedViewsSchema = v.fallback(
  v.array(v.object({ name: v.string(), address: v.pipe(v.string(), v.startsWith('/calendar/')) })),
  [],
)

/** The database keeps no more. */
export const mostViews = 50
export const longestName = 100

/** Reads what the database keeps. */
export function readSavedViews(kept: unknown): readonly SavedView[] {
  return v
    .parse(savedViewsSchema, kept)
    .map(({ name, address }) => ({ name, address: plainAddress(address) }))
}

/** With a view under a name: in place of the one that has it, otherwise as the last. */
export function withView(views: readonly SavedView[], view: SavedView): readonly SavedView[] {
  return views.some(({ name }) => name === view.name)
    ? views.map((each) => (each.name === view.name ? view : each))
    : [...views, view]
}

/** Without the view of a name. */
export function withoutView(views: readonly SavedView[], name: string): readonly SavedView[] {
  return views.filter((each) => each.name !== name)
}

/** With another name for a view, which keeps its place. */
export function renamedView(views: readonly SavedView[], from: string, to: string): readonly SavedView[] {
  return views.map((each) => (each.name === from ? { ...each, name: to } : each))
}

/** Why a view cannot have a name; null where it can. */
export function nameProblem(name: string, others: readonly SavedView[]): string | null {
  if (name === '') return 'Enter a name.'
  if (others.some((each) => each.name === name)) return 'Another view has this name.'
  return null
}
