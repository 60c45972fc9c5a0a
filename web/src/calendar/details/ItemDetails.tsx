import { useSession } from '../../session/useSession.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { ItemActions } from './ItemActions.tsx'
import { ItemPanel } from './ItemPanel.tsx'
import { WhyOf } from '../../why/WhyOf.tsx'
import { whySubject } from './whySubject.ts'
import { useItemDetail } from './useItemDetail.ts'

interface ItemDetailsProps {
  items: readonly CalendarItem[]
  timeZone: string
  onSelect: (item: CalendarItem) => void
  onClose: () => void
  onChanged: () => void
}

/** The panel of what was chosen, with what the database knows of it and what can be done. */
export function ItemDetails({ items, timeZone, onSelect, onClose, onChanged }: ItemDetailsProps) {
  const { canChange } = useSession()
  const detail = useItemDetail(items.length === 1 ? (items[0] ?? null) : null)
  return (
    <ItemPanel
      items={items}
      timeZone={timeZone}
      detail={detail}
      why={(item) => <WhyOf subject={whySubject(item)} zone={timeZone} />}
      actions={(item) => (
        <ItemActions
          item={item}
          canChange={canChange}
          isSystem={detail?.isSystem ?? false}
          timeZone={timeZone}
          ownZone={detail?.timeZone ?? null}
          onChanged={onChanged}
        />
      )}
      onSelect={onSelect}
      onClose={onClose}
    />
  )
}
