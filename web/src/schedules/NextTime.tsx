import { Countdown, Time } from '../time/Time.tsx'
import { nextOf, type NextFacts } from './next.ts'

/** When a schedule runs next, or that it does not. */
export function NextTime({ schedule, zone }: { schedule: NextFacts; zone: string }) {
  const next = nextOf(schedule)
  if (next.is === 'never') {
    return (
      <span data-run-state="retrying" className="never-runs" title={next.why}>
        Never runs<span className="visually-hidden">: {next.why}</span>
      </span>
    )
  }
  if (next.is === 'none') return <span className="faint">{next.text}</span>
  return (
    <>
      <Time at={next.at} zone={zone} />{' '}
      <span className="faint small">
        <Countdown at={next.at} zone={zone} />
      </span>
    </>
  )
}
