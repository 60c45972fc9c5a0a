import { Skeleton } from '@mantine/core'
import { AnswerState } from '../panel/AnswerState.tsx'
import type { Explanation } from './useWhy.ts'
import { timesIn } from '../time/spokenTime.ts'
import './why.css'

interface WhyProps extends Explanation {
  zone: string
}

/** Why something ran or did not, in the database's words. */
export function Why({ lines, zone, ...state }: WhyProps) {
  return (
    <div className="why" aria-live="polite">
      <AnswerState
        {...state}
        zone={zone}
        isThere={lines !== undefined}
        skeleton={
          <>
            <Skeleton height={10} width="80%" mb={8} />
            <Skeleton height={10} width="60%" />
          </>
        }
      >
        {lines === null ? (
          <p className="muted">It no longer exists, so there is no explanation.</p>
        ) : (
          lines?.map((line, index) => <p key={index}>{timesIn(line, zone)}</p>)
        )}
      </AnswerState>
    </div>
  )
}
