import { IconAlertTriangle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Problem } from '../graphql/error.ts'
import { timesIn } from '../time/spokenTime.ts'
import { useTimeZone } from '../time/zone.ts'
import './panel.css'

interface ProblemNoteProps {
  problem: Problem
  /** A way out, as a button that tries again. */
  action?: ReactNode
}

/** What went wrong and what to do, in the database's own words. */
export function ProblemNote({ problem, action }: ProblemNoteProps) {
  const zone = useTimeZone()
  return (
    <div className="problem-note" role="alert">
      <IconAlertTriangle size={16} aria-hidden />
      <div>
        <b>{timesIn(problem.message, zone)}</b>
        {problem.detail !== null && <p>{timesIn(problem.detail, zone)}</p>}
        {problem.hint !== null && <p>{timesIn(problem.hint, zone)}</p>}
        {problem.code !== null && problem.code !== 'network' && <code>{problem.code}</code>}
      </div>
      {action}
    </div>
  )
}
