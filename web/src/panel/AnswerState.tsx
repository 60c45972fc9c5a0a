import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import type { AsOf } from '../graphql/answer.ts'
import type { Problem } from '../graphql/error.ts'
import { formatClock, formatFull } from '../time/instant.ts'
import { useOwnProblem } from './ownProblem.ts'
import { ProblemNote } from './ProblemNote.tsx'
import './panel.css'

interface AnswerStateProps {
  /** Whether there is anything to show, current or old. */
  isThere: boolean
  problem: Problem | null
  /** Until when it was what the database says. */
  asOf: AsOf
  zone: string
  onTry: () => void
  /** What keeps its place while it is on its way. */
  skeleton: ReactNode
  children: ReactNode
}

/** What was asked for, in whatever state the answer is: on its way, refused, old, or there. */
export function AnswerState(props: AnswerStateProps) {
  const { isThere, asOf, zone, onTry, skeleton, children } = props
  const problem = useOwnProblem(props.problem, isThere)
  const tryAgain = (
    <Button size="compact-xs" variant="default" onClick={onTry}>
      Try again
    </Button>
  )
  if (!isThere)
    return problem === null ? (
      <div role="status" aria-busy aria-label="Loading">
        {skeleton}
      </div>
    ) : (
      <ProblemNote problem={problem} action={tryAgain} />
    )
  return (
    <>
      {problem !== null && (
        <p className="old-answer" role="alert">
          <b>{problem.message}</b>{' '}
          {typeof asOf === 'number' && (
            <>
              What is shown is as of{' '}
              <time dateTime={new Date(asOf).toISOString()} title={formatFull(asOf, zone)}>
                {formatClock(asOf, zone, 'always')}
              </time>
              .{' '}
            </>
          )}
          {tryAgain}
        </p>
      )}
      {children}
    </>
  )
}
