import { Link } from '@tanstack/react-router'
import { useTimeZone } from '../time/zone.ts'
import { ledgerLine, stateText } from './ledger.ts'
import { LedgerIcon } from './LedgerIcon.tsx'
import { useLastCheck } from './useLedger.ts'
import './ledgerLink.css'

/** The way to the ledger's page, which shows how it stands: by shape, number and title, not by colour alone. */
export function LedgerLink() {
  const zone = useTimeZone()
  const { check, state, now } = useLastCheck()
  const line = check === undefined ? undefined : ledgerLine(check, now, zone)
  return (
    <Link
      to="/ledger"
      className="ledger-link"
      data-ledger={state ?? undefined}
      activeOptions={{ includeSearch: false }}
      title={line}
    >
      <span className="ledger-sign">
        <LedgerIcon state={state} />
        {state === 'problems' && check && <b aria-hidden>{check.found > 99 ? '99+' : check.found}</b>}
      </span>
      Ledger
      {check !== undefined && state !== 'good' && (
        <span className="visually-hidden">: {stateText(check, now)}</span>
      )}
    </Link>
  )
}
