import { Link } from '@tanstack/react-router'
import { formatFull } from '../time/instant.ts'

interface WhyLinkProps {
  scheduleId: string
  /** The exact time, as the API writes it. */
  moment: string
  zone: string
}

/** Asks on the schedule's page why it ran, or did not run, at a time. */
export function WhyLink({ scheduleId, moment, zone }: WhyLinkProps) {
  return (
    <Link
      className="why-link"
      to="/schedules/$scheduleId"
      params={{ scheduleId }}
      search={({ zone: shown }) => ({ zone: shown, why: moment })}
      aria-label={`Why, ${formatFull(moment, zone)}`}
    >
      Why?
    </Link>
  )
}
