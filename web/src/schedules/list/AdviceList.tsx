import type { ReactNode } from 'react'
import styles from './SchedulesPage.module.css'

/** Something that will go wrong with a schedule. */
export interface Finding {
  readonly scheduleId: string
  readonly scheduleName: string
  readonly message: string
  readonly remedy: string | null
}

interface AdviceListProps {
  findings: readonly Finding[]
  link: (finding: Finding) => ReactNode
}

/** Findings, folded: how many schedules they concern, and each with what to do. Nothing where there are none. */
export function AdviceList({ findings, link }: AdviceListProps) {
  if (findings.length === 0) return null
  const count = new Set(findings.map(({ scheduleId }) => scheduleId)).size
  return (
    <details className={styles['advice']}>
      <summary>{count === 1 ? '1 schedule needs' : `${count} schedules need`} attention</summary>
      <ul>
        {findings.map((finding, index) => (
          <li key={index}>
            {link(finding)} {finding.message} <span className="faint">{finding.remedy}</span>
          </li>
        ))}
      </ul>
    </details>
  )
}
