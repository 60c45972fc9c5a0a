import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { problemLine } from '../graphql/error.ts'
import { createUndoList, type Undoable } from './undoList.ts'

/** What can be undone on this page, until it is left. */
export const undoList = createUndoList(Date.now)

const undoTime = 10_000
const toastOf = ({ id }: Undoable) => `undo-${id}`

/** Takes back one thing; says so, or why it was refused. */
export async function undoOne(done: Undoable): Promise<void> {
  if (!undoList.take(done.id)) return
  notifications.hide(toastOf(done))
  const refused = await done.undo()
  notifications.show(
    refused === null
      ? { message: `Undone: ${done.text}` }
      : {
          color: 'red',
          autoClose: undoTime,
          message: `Could not undo: ${done.text}. ${problemLine(refused)}`,
        },
  )
}

/** Says what was done, with a button that takes it back for ten seconds; later it is in the list. */
export function offerUndo(text: string, undo: Undoable['undo']): void {
  const done = undoList.add({ text, undo })
  notifications.show({
    id: toastOf(done),
    autoClose: undoTime,
    message: (
      <>
        {text}{' '}
        <Button size="compact-xs" variant="subtle" title="Undo (Z)" onClick={() => void undoOne(done)}>
          Undo
        </Button>
      </>
    ),
  })
}
