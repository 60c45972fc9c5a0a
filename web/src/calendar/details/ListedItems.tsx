import type { ComponentProps } from 'react'
import { useSession } from '../../session/useSession.ts'
import type { CalendarChanges } from '../changes/useOccurrenceChanges.ts'
import { isOfAll, type CalendarItem } from '../items/calendarItem.ts'
import { ItemActions } from './ItemActions.tsx'
import { ItemPanel } from './ItemPanel.tsx'
import { mayChangeItem, useItemDetail } from './useItemDetail.ts'

interface ListedItemsProps extends Omit<ComponentProps<typeof ItemPanel>, 'actions'> {
  changes: CalendarChanges
}

/** What shares one place in the calendar, with what can be done where it is of one schedule. */
export function ListedItems({ changes, ...panel }: ListedItemsProps) {
  const session = useSession()
  const { timeZone, items } = panel
  const [first] = items
  const isOneSchedule =
    first !== undefined && !isOfAll(first) && items.every((item) => item.scheduleId === first.scheduleId)
  const detail = useItemDetail(isOneSchedule ? first : null)
  const canChange = mayChangeItem(session, detail)
  const isSystem = detail?.isSystem ?? false
  const ownZone = detail?.timeZone ?? null
  const actions = (item: CalendarItem) => (
    <ItemActions {...{ item, canChange, isSystem, timeZone, ownZone, changes }} />
  )
  return <ItemPanel {...panel} actions={actions} />
}
