import { act, renderHook } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { calendarItem, calendarPile, calendarRun } from '../items/calendarFactory.ts'
import { itemKey, type CalendarItem } from '../items/calendarItem.ts'
import { useOpenItems } from './useOpenItems.ts'

interface Navigation {
  search: (old: Record<string, unknown>) => Record<string, unknown>
  replace: boolean
}
const navigate = vi.hoisted(() => vi.fn<(to: Navigation) => Promise<void>>())
vi.mock('@tanstack/react-router', () => ({ useNavigate: () => navigate }))

const at = Date.parse('2026-11-27T03:00Z')
const nightly = calendarItem({ scheduleName: 'nightly', startsAt: at })
const other = calendarItem({ scheduleName: 'other', startsAt: at })
const third = calendarItem({ scheduleName: 'third', startsAt: at })
const all = [nightly, other, third]

/** The calendar with what the address names; opening writes the address, as the router would. */
function show(address?: string, items: readonly CalendarItem[] = all) {
  let search: Record<string, unknown> = { view: 'week', ...(address !== undefined && { item: address }) }
  const { result, rerender } = renderHook(
    (props: {
      items: readonly CalendarItem[]
      answered: readonly CalendarItem[]
      item: string | undefined
      unpiled: ReadonlySet<string>
    }) => useOpenItems(props.items, props.answered, props.item, props.unpiled),
    { initialProps: { items, answered: items, item: address, unpiled: new Set<string>() } },
  )
  const draw = (now: readonly CalendarItem[], answered = now, unpiled: readonly CalendarItem[] = []) =>
    rerender({
      items: now,
      answered,
      item: search['item'] as string | undefined,
      unpiled: new Set(unpiled.map(itemKey)),
    })
  navigate.mockImplementation(({ search: next }) => {
    search = next(search)
    return Promise.resolve()
  })
  return {
    open: () => result.current,
    search: () => search,
    draw,
    act: (change: (open: typeof result.current) => void) => {
      act(() => change(result.current))
      draw(items)
    },
  }
}

const button = (item?: string) => {
  const element = document.createElement('button')
  if (item !== undefined) element.dataset['item'] = item
  return document.body.appendChild(element)
}

afterEach(() => {
  document.body.replaceChildren()
  navigate.mockReset()
})

test('one item that is chosen is in the address, in place of what was there, and the rest of it remains', () => {
  const calendar = show()

  calendar.act(({ show: choose }) => choose([nightly], button()))

  expect(calendar.search()).toEqual({ view: 'week', item: itemKey(nightly) })
  expect(navigate.mock.lastCall?.[0].replace).toBe(true)
  expect(calendar.open().opened).toBe(nightly)
  expect(calendar.open().listed).toEqual([])
  expect([...calendar.open().openKeys]).toEqual([itemKey(nightly)])
})

test('several at one place are listed, and what was open before is not', () => {
  const calendar = show(itemKey(third))

  calendar.act(({ show: choose }) => choose([nightly, other], button()))

  expect(calendar.open().listed).toEqual([nightly, other])
  expect(calendar.open().opened).toBeNull()
  expect(calendar.search()['item']).toBeUndefined()
})

test('one of a list opens next to it, and both count as open', () => {
  const calendar = show()
  calendar.act(({ show: choose }) => choose([nightly, other], button()))

  calendar.act(({ select }) => select(other, button()))

  expect(calendar.open().opened).toBe(other)
  expect(calendar.open().listed).toEqual([nightly, other])
  expect([...calendar.open().openKeys]).toEqual([itemKey(nightly), itemKey(other)])
})

test('closing goes back one step: from the item to its list, then to the pile it was opened at', () => {
  const pile = button()
  const entry = button()
  const calendar = show()
  calendar.act(({ show: choose }) => choose([nightly, other], pile))
  calendar.act(({ select }) => select(other, entry))

  calendar.act(({ close }) => close())
  expect(calendar.open().opened).toBeNull()
  expect(calendar.open().listed).toEqual([nightly, other])
  expect(document.activeElement).toBe(entry)

  calendar.act(({ close }) => close())
  expect(calendar.open().listed).toEqual([])
  expect(document.activeElement).toBe(pile)
})

test('closing where nothing is open leaves the address and the focus alone', () => {
  const elsewhere = button()
  elsewhere.focus()
  const calendar = show()

  calendar.act(({ close }) => close())

  expect(navigate).not.toHaveBeenCalled()
  expect(document.activeElement).toBe(elsewhere)
})

test('leaving closes the item without taking the focus from where it went', () => {
  const chip = button(itemKey(nightly))
  const elsewhere = button()
  const calendar = show()
  calendar.act(({ show: choose }) => choose([nightly], chip))
  elsewhere.focus()

  calendar.act(({ leave }) => leave())

  expect(calendar.search()['item']).toBeUndefined()
  expect(document.activeElement).toBe(elsewhere)
})

test('leaving where no item is open does not touch the address', () => {
  const calendar = show()

  calendar.act(({ leave }) => leave())

  expect(navigate).not.toHaveBeenCalled()
})

test('an item that an address names is open, anchored to where it is drawn', () => {
  const chip = button(itemKey(nightly))

  const calendar = show(itemKey(nightly))

  expect(calendar.open().opened).toBe(nightly)
  expect(calendar.open().anchor()).toBe(chip)
})

test('an item is anchored to its chip as it is drawn now, which another may have taken the place of', () => {
  const before = button(itemKey(nightly))
  const calendar = show()
  calendar.act(({ show: choose }) => choose([nightly], before))
  before.remove()
  const now = button(itemKey(nightly))

  expect(calendar.open().anchor()).toBe(now)
})

test('an item opened from elsewhere than its chip is anchored there, as long as that is on the page', () => {
  const chip = button(itemKey(nightly))
  const strip = button()
  const calendar = show()
  calendar.act(({ select }) => select(nightly, strip))
  expect(calendar.open().anchor()).toBe(strip)

  strip.remove()

  expect(calendar.open().anchor()).toBe(chip)
})

test('an address of what is not in the window opens nothing', () => {
  const calendar = show('occurrence:gone:1')

  expect(calendar.open().opened).toBeNull()
  expect(calendar.open().openKeys.size).toBe(0)
  expect(calendar.open().anchor()).toBeNull()
})

test('what is moved out of the window stays open as it was until the database has answered', () => {
  const calendar = show(itemKey(nightly))

  calendar.draw([other], [nightly, other])
  expect(calendar.open().opened).toBe(nightly)

  calendar.draw([other])
  expect(calendar.open().opened).toBeNull()
})

test('an occurrence that has started while it is open is shown as its run', () => {
  const calendar = show(itemKey(nightly))
  const run = calendarRun('nightly', at, 'running')

  calendar.draw([run, other])

  expect(calendar.open().opened).toBe(run)
})

test('a list shows its items as they are now, without those that are gone', () => {
  const calendar = show()
  calendar.act(({ show: choose }) => choose([nightly, other], button()))
  const moved = { ...nightly, startsAt: at + 60_000, reason: 'moved' }

  calendar.draw([moved, third])

  expect(calendar.open().listed).toEqual([moved])
})

test('a pile is listed, first as counts, then as what came out of it', () => {
  const pile = calendarPile(at, { upcoming: 2 })
  const { open, act, draw, search } = show(undefined, [pile, third])

  act(({ show }) => show([pile], document.createElement('button')))
  expect(open().listed).toEqual([pile])
  expect(search()['item']).toBeUndefined()
  draw([nightly, other, third], undefined, [nightly, other])

  expect(open().listed).toEqual([nightly, other])
})
