import { Link } from '@tanstack/react-router'

interface ZoneSwitchProps {
  /** The viewer's zone. */
  mine: string
  /** The schedule's; null while it is not known. */
  own: string | null
  /** The one that the calendar is shown in. */
  shown: string
}

/** Shows the calendar by the viewer's clock or by the schedule's, where these are two. */
export function ZoneSwitch({ mine, own, shown }: ZoneSwitchProps) {
  if (own === null || (own === mine && shown === mine)) return null
  return (
    <span className="zone-switch" role="group" aria-label="Show the calendar in">
      {[
        { zone: mine, text: 'My zone' },
        ...(own === mine ? [] : [{ zone: own, text: 'Schedule’s zone' }]),
      ].map(({ zone, text }) => (
        <Link
          key={zone}
          to="."
          search={(old) => ({ ...old, zone })}
          replace
          title={`Show the calendar in ${zone}`}
          aria-current={zone === shown ? 'true' : undefined}
        >
          {text}
        </Link>
      ))}
    </span>
  )
}
