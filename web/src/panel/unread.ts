import type { CombinedError } from 'urql'
import { createTold } from './told.ts'

const unread = createTold()

/**
 * Has the frame say that a part of the page, which has no place of its own for a problem, could not be read. Without that
 * its absence would read as if there were nothing.
 */
export function useTellUnread(what: string, error: CombinedError | undefined): void {
  unread.useTell(error === undefined ? null : what)
}

/** The parts of what is shown that could not be read. */
export const useUnread = unread.useTold
