import { Button, Modal } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { problemLine } from '../graphql/error.ts'
import { formatClock } from '../time/instant.ts'
import { useTimeZone } from '../time/zone.ts'
import { undoList, undoOne } from './offerUndo.tsx'
import './undo.css'

/** What can be undone, to choose from. */
export function UndoDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const timeZone = useTimeZone()
  const list = useSyncExternalStore(undoList.subscribe, undoList.get)
  return (
    <Modal opened={isOpen} onClose={onClose} title="Undo" size="md" centered>
      {list.length === 0 ? (
        <p>
          Nothing to undo. What you skip, move, pause, resume or delete is listed here until you close or
          reload the page.
        </p>
      ) : (
        <ul className="undo-list">
          {list.map((done) => (
            <li key={done.id}>
              <time dateTime={new Date(done.at).toISOString()} title={timeZone}>
                {formatClock(done.at, timeZone, 'never')}
              </time>
              <span>
                {done.text}
                {done.refused !== null && <em>Could not undo: {problemLine(done.refused)}</em>}
              </span>
              <Button size="compact-xs" variant="default" onClick={() => void undoOne(done)}>
                {done.refused === null ? 'Undo' : 'Try again'}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Modal>
  )
}
