import type { ComponentProps } from 'react'
import { useSession } from '../../session/useSession.ts'
import type { CalendarChanges } from '../changes/useOccurrenceChanges.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { ItemActions } from './ItemActions.tsx'
import { ItemPanel } from './ItemPanel.tsx'

interface ListedItemsProps extends Omit<ComponentProps<typeof ItemPanel>, 'actions'> {
  changes: CalendarChanges
}

/** What shares one place in the calendar, with what can be done where it is of one schedule. */
export function ListedItems({ changes, ...panel }: ListedItemsProps) {
  const { canChange } = useSession()
  const { timeZone } = panel
  const actions = (item: CalendarItem) => (
    <ItemActions {...{ item, canChange, timeZone, changes }} isSystem={false} ownZone={null} />
  )
  return <ItemPanel {...panel} actions={actions} />
}
