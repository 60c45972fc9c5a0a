import { RunStateText } from '../runs/RunGlyph.tsx'
import { formatDuration } from '../time/duration.ts'
import { Time } from '../time/Time.tsx'
import { resultText, type LedgerCheck } from './ledger.ts'
import styles from './Ledger.module.css'

interface CheckTableProps {
  checks: readonly (LedgerCheck & { rowId: string; tookMs: number })[]
  zone: string
}

/** The checks that were made, newest first. */
export function CheckTable({ checks, zone }: CheckTableProps) {
  return (
    <table className={`grid-table ${styles.checks}`} aria-label="Checks">
      <thead>
        <tr>
          <th scope="col">Checked</th>
          <th scope="col">Found</th>
          <th scope="col" className={styles.detail}>
            Range
          </th>
          <th scope="col" className={`num ${styles.took}`}>
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {checks.map((check) => (
          <tr key={check.rowId}>
            <td>
              <Time at={check.checkedAt} zone={zone} seconds="never" />
            </td>
            <td>
              <RunStateText state={check.found === 0 ? 'succeeded' : 'failed'}>
                {resultText(check.found)}
              </RunStateText>
            </td>
            <td className={styles.detail}>
              <Time at={check.rangeStart} zone={zone} seconds="never" /> to{' '}
              <Time at={check.rangeEnd} zone={zone} seconds="never" />
            </td>
            <td className={`num ${styles.took}`}>{formatDuration(check.tookMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
