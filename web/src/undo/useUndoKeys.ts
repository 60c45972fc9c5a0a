import { useHotkeys } from '@mantine/hooks'
import { undoLast } from './offerUndo.tsx'

/** The keys that undo: the last thing done, or one of a list that opens. */
export function useUndoKeys(openList: () => void): void {
  useHotkeys([
    ['z', () => void undoLast().then((undone) => undone || openList())],
    ['mod+z', () => void undoLast()],
    ['shift+z', openList],
  ])
}
