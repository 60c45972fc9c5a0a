// @vitest-environment node
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { layoutChips, type ChipSizes, type Placeable, type Placed } from './chipLayout.ts'

const sizes: ChipSizes = { least: 40, nudge: 8, maxColumns: 2, hasFixedColumns: false, maxFailures: 3 }

const chip = (key: string, from: number, to = from, isFailure = false): Placeable => ({
  key,
  from,
  to,
  isFailure,
})
const drawn = (placed: readonly Placed<Placeable>[]) =>
  placed.map(({ items, top, length, column, columns }) => ({
    keys: items.map(({ key }) => key).join(),
    place: [top, top + length],
    column: `${column + 1}/${columns}`,
  }))

test('chips that do not touch are at their own time, at least as high as can be read', () => {
  expect(drawn(layoutChips([chip('b', 200, 300), chip('a', 60)], sizes))).toEqual([
    { keys: 'a', place: [60, 100], column: '1/1' },
    { keys: 'b', place: [200, 300], column: '1/1' },
  ])
})

test('a chip that would overlap a little moves down', () => {
  expect(drawn(layoutChips([chip('a', 60), chip('b', 93)], sizes))).toEqual([
    { keys: 'a', place: [60, 100], column: '1/1' },
    { keys: 'b', place: [100, 140], column: '1/1' },
  ])
})

test('chips that overlap more share the width', () => {
  expect(drawn(layoutChips([chip('a', 60, 200), chip('b', 90)], sizes))).toEqual([
    { keys: 'a', place: [60, 200], column: '1/2' },
    { keys: 'b', place: [90, 130], column: '2/2' },
  ])
})

test('an overlap is moved away only as far as the nudge goes', () => {
  const columnsOf = (from: number) =>
    layoutChips([chip('a', 60), chip('b', from)], sizes).map(({ columns }) => columns)

  expect(columnsOf(92)).toEqual([1, 1])
  expect(columnsOf(91)).toEqual([2, 2])
})

test('of two at one time the failure stands first', () => {
  expect(drawn(layoutChips([chip('a', 60), chip('b', 60, 60, true)], sizes))).toEqual([
    { keys: 'b', place: [60, 100], column: '1/2' },
    { keys: 'a', place: [60, 100], column: '2/2' },
  ])
})

test('more than two at one time are a pile', () => {
  expect(drawn(layoutChips([chip('a', 60), chip('b', 60), chip('c', 60)], sizes))).toEqual([
    { keys: 'a,b,c', place: [60, 100], column: '1/1' },
  ])
})

test('of a crowd at one time the failures stay chips, and come first', () => {
  const crowd = ['a', 'b', 'c', 'd'].map((key) => chip(key, 0))

  expect(drawn(layoutChips([...crowd, chip('z', 0, 0, true)], sizes))).toEqual([
    { keys: 'z', place: [0, 40], column: '1/1' },
    { keys: 'a,b,c,d', place: [40, 80], column: '1/1' },
  ])
})

test('the order in which items arrive changes nothing', () => {
  const items = [chip('a', 0, 50), chip('b', 10, 10, true), chip('c', 30), chip('d', 30), chip('e', 500)]

  expect(layoutChips(items.toReversed(), sizes)).toEqual(layoutChips(items, sizes))
})

const placeables = fc
  .array(fc.record({ from: fc.nat(1380), lasts: fc.nat(200), isFailure: fc.boolean() }), { maxLength: 80 })
  .map((all) =>
    all.map(({ from, lasts, isFailure }, index) => chip(`${index}`, from, from + lasts, isFailure)),
  )

test('each item is placed exactly once', () => {
  fc.assert(
    fc.property(placeables, (items) => {
      const keys = layoutChips(items, sizes).flatMap((placed) => placed.items.map(({ key }) => key))
      expect(keys.toSorted()).toEqual(items.map(({ key }) => key).toSorted())
    }),
  )
})

test('nothing is drawn over anything else', () => {
  fc.assert(
    fc.property(placeables, (items) => {
      const placed = layoutChips(items, sizes)
      for (const [index, a] of placed.entries()) {
        for (const b of placed.slice(index + 1)) {
          const overlap = Math.min(a.top + a.length, b.top + b.length) - Math.max(a.top, b.top)
          const isBeside = a.columns > 1 && b.columns === a.columns && a.column !== b.column
          expect(overlap <= 0 || isBeside, `${a.key} and ${b.key} overlap by ${overlap}`).toBe(true)
        }
      }
    }),
  )
})

test('a failure in a pile means that the most failures allowed are next to it', () => {
  fc.assert(
    fc.property(placeables, (items) => {
      const placed = layoutChips(items, sizes)
      for (const [index, pile] of placed.entries()) {
        if (pile.items.length === 1 || !pile.items.some(({ isFailure }) => isFailure)) continue
        const before = placed.slice(index - sizes.maxFailures, index)
        expect(before.map(({ items }) => items.map(({ isFailure }) => isFailure))).toEqual(
          Array.from({ length: sizes.maxFailures }, () => [true]),
        )
      }
    }),
  )
})

test('failures are never part of a pile of anything else', () => {
  fc.assert(
    fc.property(placeables, (items) => {
      for (const { items: pile } of layoutChips(items, sizes)) {
        expect(new Set(pile.map(({ isFailure }) => isFailure)).size).toBe(1)
      }
    }),
  )
})

test('of a crowd, what stands out keeps a chip of its own after the failures', () => {
  const crowd = ['a', 'b', 'c', 'd'].map((key) => chip(key, 0))
  const items = [...crowd, { ...chip('y', 0), standsOut: true }, chip('z', 0, 0, true)]

  expect(drawn(layoutChips(items, sizes)).map(({ keys }) => keys)).toEqual(['z', 'y', 'a,b,c,d'])
})

test('what is open keeps a chip of its own, before failures and whatever else there is', () => {
  const failures = ['f', 'g', 'h', 'i', 'j', 'k'].map((key) => chip(key, 0, 0, true))
  const items = [
    ...failures,
    ...['a', 'b', 'c'].map((key) => chip(key, 0)),
    { ...chip('o', 0), isOpened: true },
  ]

  expect(drawn(layoutChips(items, sizes)).map(({ keys }) => keys)[0]).toBe('o')
})

test('what is kept has a chip of its own in any crowd, and takes no place from what stands out', () => {
  const crowd = ['a', 'b', 'c', 'd'].map((key) => chip(key, 0))
  const kept = (items: readonly Placeable[], own: string) =>
    items.map((item) => (item.key === own ? { ...item, isKept: true } : item))
  const keys = (items: readonly Placeable[]) => drawn(layoutChips(items, sizes)).map((each) => each.keys)

  expect(keys(kept([...crowd, chip('z', 0, 0, true)], 'c'))).toEqual(['z', 'c', 'a,b,d'])
  const failures = ['f', 'g', 'h', 'i', 'j'].map((key) => chip(key, 0, 0, true))
  expect(keys(kept([...failures, ...crowd], 'j'))).toEqual(['f', 'g', 'h', 'j', 'i', 'a,b,c,d'])
})

test('what has a chip of its own stays where it is when it is kept', () => {
  fc.assert(
    fc.property(placeables, fc.nat(), (items, nth) => {
      const placed = layoutChips(items, sizes)
      const single = placed.filter((each) => each.items.length === 1)
      const own = single[nth % Math.max(1, single.length)]?.key
      const again = layoutChips(
        items.map((item) => (item.key === own ? { ...item, isKept: true } : item)),
        sizes,
      )
      expect(drawn(again)).toEqual(drawn(placed))
    }),
  )
})
