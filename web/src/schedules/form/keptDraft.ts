import { emptyDraft, type Draft } from './draft.ts'

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

const keyOf = (address: string) => `almanac.draft:${address}`

/** What was typed into the form at an address and never saved: a page that was closed or signed out does not lose it. */
export function keptDraft(address: string, store: Store = sessionStorage): Draft | null {
  const text = store.getItem(keyOf(address))
  if (text === null) return null
  try {
    const kept: unknown = JSON.parse(text)
    if (typeof kept !== 'object' || kept === null) return null
    const empty = emptyDraft('UTC')
    const fits = Object.entries(empty).every(
      ([key, value]) =>
        key in kept &&
        Array.isArray(value) === Array.isArray(kept[key as keyof typeof kept]) &&
        typeof value === typeof kept[key as keyof typeof kept],
    )
    // Of another version of the form: it has other fields.
    return fits ? (kept as Draft) : null
  } catch {
    return null
  }
}

/** Keeps a draft for this tab; null: it was saved, or given up. */
export function keepDraft(address: string, draft: Draft | null, store: Store = sessionStorage): void {
  if (draft === null) store.removeItem(keyOf(address))
  else store.setItem(keyOf(address), JSON.stringify(draft))
}
