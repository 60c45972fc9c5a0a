import type { Problem } from '../graphql/error.ts'

/** Something that was done on this page and can be taken back. */
export interface Undoable {
  id: number
  /** What was done: "Skipped nightly on Tue 24 Nov 03:00". */
  text: string
  /** When, in milliseconds since 1970. */
  at: number
  /** Takes it back; null once that is done, otherwise why it was refused. */
  undo: () => Promise<Problem | null>
  /** Why it was refused, the last time that someone tried. */
  refused: Problem | null
}

export interface UndoList {
  /** The latest first. */
  get: () => readonly Undoable[]
  add: (done: Pick<Undoable, 'text' | 'undo'>) => Undoable
  /** Takes one out, so that no one undoes it twice; false where it is out already. */
  take: (id: number) => boolean
  /** Puts back what could not be undone, for another try. */
  putBack: (done: Undoable, refused: Problem) => void
  subscribe: (listener: () => void) => () => void
}

const most = 50

/** Keeps what can be undone of a session, the latest fifty. */
export function createUndoList(now: () => number): UndoList {
  let list: readonly Undoable[] = []
  let lastId = 0
  const listeners = new Set<() => void>()
  const change = (next: readonly Undoable[]) => {
    list = next
    for (const listener of listeners) listener()
  }
  return {
    get: () => list,
    add: ({ text, undo }) => {
      lastId += 1
      const done = { id: lastId, text, undo, at: now(), refused: null }
      change([done, ...list].slice(0, most))
      return done
    },
    take: (id) => {
      const rest = list.filter((each) => each.id !== id)
      if (rest.length === list.length) return false
      change(rest)
      return true
    },
    putBack: (done, refused) =>
      change([...list, { ...done, refused }].toSorted((a, b) => b.id - a.id).slice(0, most)),
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
