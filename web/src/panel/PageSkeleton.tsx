import { Skeleton } from '@mantine/core'
import './panel.css'

/** A page of panels that is still on its way. */
export function PageSkeleton() {
  return (
    <div role="status" aria-busy aria-label="Loading">
      <Skeleton height={28} width={220} mb={28} />
      <div className="columns">
        <div className="stack">
          <Skeleton height={74} radius={10} />
          <Skeleton height={168} radius={10} />
          <Skeleton height={320} radius={10} />
        </div>
        <div className="stack">
          <Skeleton height={340} radius={10} />
          <Skeleton height={260} radius={10} />
        </div>
      </div>
    </div>
  )
}
