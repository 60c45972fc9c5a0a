import type { ComponentProps } from 'react'
import { useSession } from '../../session/useSession.ts'
import type { CalendarChanges } from '../changes/useOccurrenceChanges.ts'
import { ItemActions } from './ItemActions.tsx'
import { ItemPopover } from './ItemPopover.tsx'
import { WhyOf } from '../../why/WhyOf.tsx'
import { browserTimeZone } from '../../time/zone.ts'
import { whySubject } from './whySubject.ts'
import { ZoneSwitch } from './ZoneSwitch.tsx'
import { mayChangeItem, useItemDetail } from './useItemDetail.ts'

interface OpenedItemProps extends Omit<
  ComponentProps<typeof ItemPopover>,
  'detail' | 'zoneSwitch' | 'why' | 'actions'
> {
  changes: CalendarChanges
}

/** One item of the calendar with all that is known of it, and what can be done. */
export function OpenedItem({ changes, ...popover }: OpenedItemProps) {
  const session = useSession()
  const { item, timeZone } = popover
  const detail = useItemDetail(item)
  const isSystem = detail?.isSystem ?? false
  const canChange = mayChangeItem(session, detail)
  const ownZone = detail?.timeZone ?? null
  return (
    <ItemPopover
      {...popover}
      detail={detail}
      zoneSwitch={<ZoneSwitch mine={session.ownZone ?? browserTimeZone()} own={ownZone} shown={timeZone} />}
      why={<WhyOf subject={whySubject(item)} zone={timeZone} />}
      actions={
        <>
          {session.canChange && detail !== null && !isSystem && !canChange && (
            <p className="item-reason">Only its owner and admins can change it.</p>
          )}
          <ItemActions {...{ item, canChange, isSystem, timeZone, ownZone, changes }} />
        </>
      }
    />
  )
}
