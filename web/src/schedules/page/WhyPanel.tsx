import { useNavigate } from '@tanstack/react-router'
import { useAddress } from '../../address/useAddress.ts'
import { Panel } from '../../panel/Panel.tsx'
import { WhyOf } from '../../why/WhyOf.tsx'
import { WhyQuestion } from '../../why/WhyQuestion.tsx'
import { scheduleParams } from './scheduleSearch.ts'

interface WhyPanelProps {
  schedule: { rowId: string; timezone: string }
  /** A time worth asking about. */
  suggestion: string
  zone: string
}

/** Explains what a schedule did, or did not do, at the moment in the address. */
export function WhyPanel({ schedule, suggestion, zone }: WhyPanelProps) {
  const { why } = useAddress(scheduleParams)
  const navigate = useNavigate()
  return (
    <Panel title="Why">
      <WhyQuestion
        zone={schedule.timezone}
        moment={why}
        suggestion={suggestion}
        onAsk={(moment) =>
          void navigate({ to: '.', search: (old) => ({ ...old, why: moment }), replace: true })
        }
      >
        {why !== null && <WhyOf subject={{ scheduleId: schedule.rowId, moment: why }} zone={zone} />}
      </WhyQuestion>
    </Panel>
  )
}
