import type { CombinedError } from 'urql'

/** What the database answered to a change. */
export interface Sent {
  error?: CombinedError | undefined
  /** Brings back what was there before, unless someone has changed it since; of use where it was not refused. */
  takeBack: () => Promise<Sent>
}

/** Where there is nothing to take back. */
export const nothing = () => Promise.resolve<Sent>({ takeBack: nothing })
