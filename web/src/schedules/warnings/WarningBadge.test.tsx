import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { ItemChip, PileChip } from '../../calendar/items/ItemChip.tsx'
import { calendarItem, calendarRun } from '../../calendar/items/calendarFactory.ts'
import type { CalendarItem } from '../../calendar/items/calendarItem.ts'
import { pileFace } from '../../calendar/items/pile.ts'
import { readWarning, WarningsContext } from './scheduleWarnings.ts'
import { WarningNotes, WarningTags } from './WarningBadge.tsx'

const warning = readWarning({
  warning: 'no worker',
  detail: 'No running worker has the task send.',
  p95: null,
  distance: null,
})!
const at = Date.parse('2026-11-27T03:00Z')

beforeAll(loadTemporal)
afterEach(cleanup)

function show(items: readonly CalendarItem[]) {
  const [item] = items
  render(
    <WarningsContext value={new Map([['7', [warning]]])}>
      {items.length === 1 ? (
        <ItemChip item={item!} label="mail" time="" note={null} isOpen={false} onOpen={() => undefined} />
      ) : (
        <PileChip
          items={items}
          face={pileFace(items, '03:00')}
          label="2 at 03:00"
          isOpen={false}
          onOpen={() => undefined}
        />
      )}
    </WarningsContext>,
  )
  return screen.getByRole('button')
}
const upcoming = (scheduleId: string, scheduleName = 'mail') =>
  calendarItem({ scheduleId, scheduleName, startsAt: at })

test('an upcoming occurrence of a schedule with a warning has a sign, and says which', () => {
  const chip = show([upcoming('7')])

  expect(chip.querySelector('.warning-badge')).not.toBeNull()
  const text = 'mail. No worker: No running worker has the task send.'
  expect(chip.title).toBe(text)
  expect(chip.querySelector('.visually-hidden')?.textContent).toBe(text)
})

test('one of another schedule has none, nor has what has run already', () => {
  expect(show([upcoming('8')]).querySelector('.warning-badge')).toBeNull()
  cleanup()
  const run = { ...calendarRun('mail', at, 'succeeded'), scheduleId: '7' }
  expect(show([run]).querySelector('.warning-badge')).toBeNull()
})

test('a pile has the sign and names those with warnings', () => {
  const pile = show([upcoming('7', 'mail'), upcoming('8', 'report')])

  expect(pile.querySelectorAll('.warning-badge')).toHaveLength(1)
  expect(pile.title).toBe('2 at 03:00. With warnings: mail')
})

test('in a list it has its name, with the rest as title and spoken; in full it is sentences', () => {
  render(<WarningTags warnings={[warning]} />)
  expect(screen.getByTitle('No running worker has the task send.').textContent).toBe(
    ' No worker: No running worker has the task send.',
  )
  cleanup()

  render(<WarningNotes warnings={[warning]} />)
  expect(screen.getByText('No worker.')).toBeDefined()
})
