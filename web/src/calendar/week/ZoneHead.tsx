import { Suspense, useRef, useState } from 'react'
import { later } from '../../panel/later.ts'
import { formatOffset } from '../../time/instant.ts'
import { zoneCity } from '../grid/timeFormat.ts'
import type { ZonedDay } from '../grid/zonedDay.ts'

const SecondZoneSelect = later(() => import('../../settings/SecondZoneSelect.tsx'), 'SecondZoneSelect')

interface ZoneHeadProps {
  timeZone: string
  secondZone: string | null
  days: readonly ZonedDay[]
}

/** The names of the zones above the hours; the second one is chosen there. */
export function ZoneHead({ timeZone, secondZone, days }: ZoneHeadProps) {
  const [isChoosing, setIsChoosing] = useState(false)
  const at = days[0]?.start ?? 0
  // Where the clock changes, each hour says its own.
  const isSteady = new Set(days.flatMap(({ ranges }) => ranges.map(({ offset }) => offset))).size === 1
  const button = useRef<HTMLButtonElement>(null)
  const leave = () => setIsChoosing(false)
  return (
    <div className="zone-head" role="columnheader">
      <button
        ref={button}
        type="button"
        title={secondZone === null ? 'Choose a second time zone' : `${secondZone}: choose another`}
        onClick={() => setIsChoosing(true)}
      >
        <span aria-hidden>
          {secondZone === null ? '+' : zoneCity(secondZone)}
          <small>{secondZone === null ? 'zone' : formatOffset(at, secondZone)}</small>
        </span>
        <span className="visually-hidden">Second time zone: {secondZone ?? 'none'}</span>
      </button>
      <b title={timeZone}>
        {zoneCity(timeZone)}
        {isSteady && <small>{formatOffset(at, timeZone)}</small>}
      </b>
      {isChoosing && (
        <Suspense>
          <SecondZoneSelect
            className="second-zone"
            aria-label="Second time zone"
            isInPlace
            onLeave={leave}
            onDone={() => {
              leave()
              button.current?.focus()
            }}
          />
        </Suspense>
      )}
    </div>
  )
}
