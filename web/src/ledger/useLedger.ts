import { useMinute } from '../time/useMinute.ts'
import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { useTellUnread } from '../panel/unread.ts'
import { ledgerState, type LedgerCheck, type LedgerState } from './ledger.ts'

const lastCheckQuery = graphql(`
  query LastLedgerCheck {
    lastLedgerCheck {
      rowId
      checkedAt
      rangeStart
      rangeEnd
      uncheckedSince
      found
      staleAt
    }
  }
`)

/** The latest check of the ledger, kept up to date; undefined while it is on its way, null: there was none. */
export function useLastCheck(): {
  check: LedgerCheck | null | undefined
  state: LedgerState | null
  now: number
} {
  const now = useMinute()
  const [{ data, error }] = useLiveQuery({ query: lastCheckQuery, variables: {} }, { topics: ['ledger'] })
  useTellUnread('the state of the ledger', error)
  const check = data?.lastLedgerCheck
  return { check, state: check === undefined ? null : ledgerState(check, now), now }
}
