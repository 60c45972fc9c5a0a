import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { CHANGED_MEANWHILE, problemLine } from '../graphql/error.ts'
import { createUndoList, type Undoable } from './undoList.ts'

/** What can be undone on this page, until it is left. */
export const undoList = createUndoList(Date.now)

/** Changes that are being sent, and will offer to be undone. */
const sending = new Set<Promise<unknown>>()
let lastUndo: Promise<unknown> = Promise.resolve()

/**
 * Makes of a change, which offers its undo when it is done, one that undoing waits for: it shows at once, and anyone
 * who presses Z then means this one, not the one before it.
 */
export function inUndoOrder<Args extends readonly unknown[], Result>(
  change: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    const sent = change(...args)
    sending.add(sent)
    try {
      return await sent
    } finally {
      sending.delete(sent)
    }
  }
}

/** Takes back the last thing that was done, one after the other where asked again; whether there was any. */
export function undoLast(): Promise<boolean> {
  const undo = async () => {
    await Promise.allSettled([...sending])
    const [last] = undoList.get()
    if (last !== undefined) await undoOne(last)
    return last !== undefined
  }
  const undone = lastUndo.then(undo, undo)
  lastUndo = undone
  return undone
}

const undoTime = 10_000
const toastOf = ({ id }: Undoable) => `undo-${id}`

/** Takes back one thing; says so, or why it was refused and, where that may help, that one may try again. */
export async function undoOne(done: Undoable): Promise<void> {
  if (!undoList.take(done.id)) return
  notifications.hide(toastOf(done))
  const refused = await done.undo()
  if (refused === null) {
    notifications.show({ message: `Undone: ${done.text}` })
    return
  }
  const text = `Could not undo: ${done.text}. ${problemLine(refused)}`
  // It stays as they made it: the database refuses that for good.
  if (refused.code === CHANGED_MEANWHILE) {
    notifications.show({ color: 'red', autoClose: undoTime, message: text })
    return
  }
  undoList.putBack(done, refused)
  toast(done, text, 'Try again', 'red')
}

/** A text with a button that undoes, for ten seconds. */
function toast(done: Undoable, text: string, action: string, color?: 'red'): void {
  notifications.show({
    id: toastOf(done),
    autoClose: undoTime,
    ...(color !== undefined && { color }),
    message: (
      <>
        {text}{' '}
        <Button size="compact-xs" variant="subtle" title={`${action} (Z)`} onClick={() => void undoOne(done)}>
          {action}
        </Button>
      </>
    ),
  })
}

/** Says what was done, with a button that takes it back for ten seconds; later it is in the list. */
export function offerUndo(text: string, undo: Undoable['undo']): void {
  toast(undoList.add({ text, undo }), text, 'Undo')
}
