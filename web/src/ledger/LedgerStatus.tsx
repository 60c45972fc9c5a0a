import type { ReactNode } from 'react'
import { Time } from '../time/Time.tsx'
import { checkedText, ledgerState, resultText, stateText, type LedgerCheck } from './ledger.ts'
import { LedgerIcon } from './LedgerIcon.tsx'
import styles from './Ledger.module.css'

interface LedgerStatusProps {
  /** Null: there was none. */
  check: (LedgerCheck & { tookMs: number }) | null
  now: number
  zone: string
  /** The way to the workers. */
  workersLink: ReactNode
}

/** How the ledger stands, in one line, and what that means. */
export function LedgerStatus({ check, now, zone, workersLink }: LedgerStatusProps) {
  const state = ledgerState(check, now)
  return (
    <section className={styles.status} data-ledger={state} aria-label="State of the ledger" role="status">
      <LedgerIcon state={state} size={28} />
      <div>
        <h2>
          {stateText(check, now)}
          {check !== null && state !== 'stale' && <span> · {checkedText(check, now, zone)}</span>}
        </h2>
        {check === null ? (
          <p>
            A worker compares the ledger with the rules every hour. See whether one is running: {workersLink}.
          </p>
        ) : (
          <p>
            {state === 'stale' && (
              <>
                The last check is more than two hours old:{' '}
                <Time at={check.checkedAt} zone={zone} seconds="never" /> (
                {resultText(check.found).toLowerCase()}). See whether a worker is running: {workersLink}.{' '}
              </>
            )}
            Every time that a rule named from <Time at={check.rangeStart} zone={zone} seconds="never" /> to{' '}
            <Time at={check.rangeEnd} zone={zone} seconds="never" />{' '}
            {check.found === 0 ? 'has exactly one outcome.' : 'was looked at.'}
          </p>
        )}
      </div>
    </section>
  )
}
