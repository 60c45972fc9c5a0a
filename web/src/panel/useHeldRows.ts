import { useState, type FocusEvent, type PointerEvent } from 'react'

interface Row {
  readonly rowId: string
}

/** Rows that were held, with what is new of each, and how many others there are by now. */
export function heldRows<R extends Row>(
  rows: readonly R[],
  held: readonly R[],
): { shown: readonly R[]; added: number } {
  const now = new Map(rows.map((row) => [row.rowId, row]))
  const known = new Set(held.map(({ rowId }) => rowId))
  return {
    shown: held.map((row) => now.get(row.rowId) ?? row),
    added: rows.filter(({ rowId }) => !known.has(rowId)).length,
  }
}

/**
 * Keeps rows in their places while someone points at one or has the focus in it: what each says changes, where it is does not.
 * Rows of another question are other rows.
 */
export function useHeldRows<R extends Row>(
  /** Undefined while they are on their way; those of the question before, while `isAnswer` is false. */
  rows: readonly R[] | undefined,
  question: string,
  isAnswer: boolean,
) {
  const [held, setHeld] = useState<{ question: string; rows: readonly R[] } | null>(null)
  const own = held?.question === question ? held.rows : null
  const { shown, added } = own === null ? { shown: rows, added: 0 } : heldRows(rows ?? own, own)
  const hold = () => {
    if (own === null && rows !== undefined && isAnswer) setHeld({ question, rows })
  }
  const release = () => setHeld(null)
  return {
    /** Undefined while they are on their way. */
    shown,
    /** How many are new, and not shown. */
    added,
    release,
    /** Rows as they were when they were held; null: they are not. */
    held: own,
    /** For the element around the rows. */
    holder: {
      onPointerMove: ({ pointerType }: PointerEvent) => pointerType === 'mouse' && hold(),
      onPointerLeave: release,
      onFocus: hold,
      onBlur: ({ currentTarget, relatedTarget }: FocusEvent<HTMLElement>) => {
        if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) release()
      },
    },
  }
}
