import { useHotkeys } from '@mantine/hooks'
import { useEffect, useEffectEvent } from 'react'
import { useClient } from 'urql'
import { useSubject } from '../palette/subject.ts'
import { opening } from '../panel/heldKeys.ts'
import { tellRefusal } from '../panel/tellRefusal.ts'
import { tellKept, whyNotChange, whyNotRun, type ScheduleRights } from '../schedules/rights.ts'
import { useRights } from '../schedules/useRights.ts'
import { useSession } from '../session/useSession.ts'
import type { CalendarChanges } from './changes/useOccurrenceChanges.ts'
import { canBeOverridden } from './details/occurrenceOverride.ts'
import { itemKey, type CalendarItem } from './items/calendarItem.ts'
import type { Selection } from './select/selection.ts'

interface ItemKeysOptions {
  items: readonly CalendarItem[] | null
  opened: CalendarItem | null
  changes: CalendarChanges
  selection: Selection
  close: () => void
  edit: (scheduleId: string) => void
}

/** What of an item an element stands for. */
function keyOf(target: EventTarget | null): string | undefined {
  return target instanceof Element ? target.closest<HTMLElement>('[data-item]')?.dataset['item'] : undefined
}

/**
 * The keys that concern one item: the open one, otherwise the one with the focus. What someone may not do is not begun:
 * it is said who may. Returns that for a drag.
 */
export function useItemKeys({ items, opened, changes, selection, close, edit }: ItemKeysOptions) {
  const client = useClient()
  const session = useSession()
  const rights = useRights()
  const current = () => {
    const key = keyOf(document.activeElement)
    return opened ?? items?.find((item) => itemKey(item) === key) ?? null
  }

  // Asked for when an item gets the focus or is pressed, known when a key or a drag follows.
  const askFor = useEffectEvent((target: EventTarget | null) => {
    const scheduleId = keyOf(target)?.split(':')[1] ?? ''
    if (session.canChange && scheduleId !== '') void rights.ask(scheduleId)
  })
  useEffect(() => {
    const listening = new AbortController()
    for (const name of ['focusin', 'pointerdown'])
      document.addEventListener(name, ({ target }) => askFor(target), {
        capture: true,
        signal: listening.signal,
      })
    return () => listening.abort()
  }, [])

  const knownOf = async ({ scheduleId }: CalendarItem) =>
    session.canChange && scheduleId !== '' ? rights.ask(scheduleId) : null
  const whyKept = ({ scheduleId }: CalendarItem) => whyNotChange(rights.of(scheduleId), session)
  useSubject(() => {
    const item = current()
    if (item === null) return null
    const mayBy = (known: ScheduleRights | null) => ({
      change: whyNotChange(known, session) === null,
      run: whyNotRun(known, session) === null,
    })
    return {
      item,
      changes,
      may: mayBy(rights.of(item.scheduleId)),
      known: knownOf(item).then(mayBy),
    }
  })

  const whereAllowed = async (
    item: CalendarItem,
    deed: string,
    whyNot: (known: ScheduleRights | null, role: typeof session) => string | null,
    act: () => void,
  ) => {
    const why = whyNot(await knownOf(item), session)
    if (why === null) act()
    else tellKept(deed, item.scheduleName, why)
  }
  const skip = () => {
    if (selection.get().size > 0) return selection.ask('skip')
    const item = current()
    if (item === null || item.kind !== 'occurrence' || !canBeOverridden(item)) return
    void whereAllowed(item, 'skip', whyNotChange, () => {
      void changes
        .occurrence(item, { do: 'skip' })
        .then((refused) => tellRefusal(refused, `Could not skip ${item.scheduleName}`))
    })
  }
  const run = () => {
    const item = current()
    if (item === null) return
    void whereAllowed(item, 'run', whyNotRun, () =>
      opening(() => {
        void import('./details/askToTrigger.tsx').then(({ askToTrigger }) =>
          askToTrigger(client, item.scheduleName),
        )
      }),
    )
  }
  useHotkeys([
    ['Escape', close],
    ['x', skip],
    [
      'e',
      () => {
        const item = current()
        if (item !== null)
          void whereAllowed(item, 'edit', whyNotChange, () => opening(() => edit(item.scheduleId)))
      },
    ],
    ['r', run],
  ])
  return {
    whyKept,
    tellKept: (item: CalendarItem, why: string) => tellKept('move', item.scheduleName, why),
  }
}
