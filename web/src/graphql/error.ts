import type { CombinedError } from 'urql'
import { timesIn } from '../time/spokenTime.ts'
import { pageZone } from '../time/zone.ts'
import { isRecovering } from './recovery.ts'

/** The code of a refusal: someone has changed it since it was read. */
export const CHANGED_MEANWHILE = 'AL029'

/** What the database said: a fact, its values, what to do, and the column at fault. */
export interface Problem {
  message: string
  code: string | null
  detail: string | null
  hint: string | null
  field: string | null
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** What a page waits for that needs no one to try again. */
const recoveryText = 'Waiting for an answer: it is asked for again every few seconds.'

/** Who did not answer, by what came instead. */
function unansweredText(error: Error, status: number | undefined): string {
  if (error.name === 'TimeoutError') return 'The server is not responding.'
  if (status === undefined) return 'Cannot reach the server.'
  if (status === 503) return 'The database is not responding.'
  return status === 429 ? 'The server has too many requests to answer.' : 'The server failed to answer.'
}

/** Reads the errors of an answer; a lost network is one of them. */
export function readProblems(error: CombinedError | undefined): Problem[] {
  if (error === undefined) return []
  const recovers = isRecovering(error)
  if (error.networkError !== undefined) {
    const status = (error.response as Response | undefined)?.status
    return [
      {
        message: unansweredText(error.networkError, status),
        code: 'network',
        detail: status === undefined ? null : `HTTP ${status}`,
        hint: recovers ? recoveryText : 'Try again in a moment.',
        field: null,
      },
    ]
  }
  return error.graphQLErrors.map(({ message, extensions }) => ({
    message,
    code: text(extensions['code']),
    detail: text(extensions['detail']),
    hint: recovers ? recoveryText : text(extensions['hint']),
    field: text(extensions['field']),
  }))
}

/** One line for a toast or a banner: the fact and the remedy, with times in the zone of the page. */
export function problemLine({ message, hint }: Problem): string {
  return timesIn(hint === null ? message : `${message} ${hint}`, pageZone())
}
