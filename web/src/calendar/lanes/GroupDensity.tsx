import { useMemo } from 'react'
import { groupStarts, type Lane } from './lanesModel.ts'
import { loadPath } from './load.ts'
import type { LaneScale } from './LaneTrack.tsx'

const parts = 96

/** How much starts when in a group, as bars behind its head: what its lanes would show, also while it is closed. */
export function GroupDensity({
  lanes,
  start,
  end,
}: { lanes: readonly Lane[] } & Omit<LaneScale, 'now' | 'timeZone'>) {
  const path = useMemo(() => {
    const starts = groupStarts(lanes, start, end, parts)
    return loadPath(starts, Math.max(4, ...starts))
  }, [lanes, start, end])
  return (
    <svg className="lane-density" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden>
      <path d={path} />
    </svg>
  )
}
