import type { ReactNode } from 'react'
import { Panel } from '../panel/Panel.tsx'
import { Time } from '../time/Time.tsx'
import { problemWords, type Finding } from './ledger.ts'
import styles from './Ledger.module.css'

interface FindingPanelProps {
  problem: string
  /** How many there are in all; not all need be listed. */
  count: number
  findings: readonly Finding[]
  zone: string
  scheduleLink: (finding: Finding) => ReactNode
}

/** Problems of one kind: what they mean, what to do, and which they are. */
export function FindingPanel({ problem, count, findings, zone, scheduleLink }: FindingPanelProps) {
  const { label, what, remedy, isAll = false } = problemWords(problem)
  const left = count - findings.length
  return (
    <Panel title={`${label}: ${count.toLocaleString('en-GB')}`} padded={false}>
      <p className={styles.words}>
        {what} <b>{remedy}</b>
      </p>
      {findings.length > 0 && (
        <table className={`grid-table ${styles.findings}`} aria-label={label}>
          <thead>
            <tr>
              <th scope="col">Schedule</th>
              <th scope="col">Nominal time</th>
              {!isAll && (
                <th scope="col" className={styles.detail}>
                  Details
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {findings.map((finding) => (
              <tr key={`${finding.scheduleId} ${finding.scheduledFor}`}>
                <td title={finding.scheduleName}>
                  {scheduleLink(finding)}
                  {!isAll && <span className={styles.below}>{finding.detail}</span>}
                </td>
                <td>
                  <Time at={finding.scheduledFor} zone={zone} />
                </td>
                {!isAll && <td className={styles.detail}>{finding.detail}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {left > 0 && <p className={styles.words}>{left.toLocaleString('en-GB')} more are not listed here.</p>}
    </Panel>
  )
}
