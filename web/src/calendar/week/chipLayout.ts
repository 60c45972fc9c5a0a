/** Something to place on the scale of a day, in minutes of it. */
export interface Placeable {
  key: string
  from: number
  /** Where it ends; less than `from + least` is drawn as `least`. */
  to: number
  isFailure: boolean
  /** Has a chip of its own where there is room for any: failures, and what else someone should see. */
  standsOut?: boolean
  /** It is open: it has a chip of its own whatever else there is. */
  isOpened?: boolean
  /** It has the focus or is selected: it has a chip of its own as well, and is where it would be without that. */
  isKept?: boolean
}

/** A rectangle of a day: one item, or several that share one place. */
export interface Placed<Item extends Placeable> {
  key: string
  items: readonly Item[]
  top: number
  length: number
  column: number
  columns: number
}

export interface ChipSizes {
  /** Height of the lowest chip, in minutes of the scale. */
  least: number
  /** An overlap up to this is solved by moving down. */
  nudge: number
  maxColumns: number
  /** Whether each chip is as wide as one of `maxColumns`; otherwise those at one place share the width. */
  hasFixedColumns: boolean
  /** How many share the width where it is crowded; 1 unless told. */
  crowdColumns?: number
  /** Items of a crowded place that keep a chip of their own because they stand out. */
  maxFailures: number
}

function byTime(a: Placeable, b: Placeable): number {
  return a.from - b.from || byRank(a, b) || (a.key < b.key ? -1 : 1)
}

/** What is open first, then failures, then what else stands out. */
function byRank(a: Placeable, b: Placeable): number {
  return (
    Number(b.isOpened ?? false) - Number(a.isOpened ?? false) ||
    Number(b.isFailure) - Number(a.isFailure) ||
    Number(b.standsOut ?? false) - Number(a.standsOut ?? false)
  )
}

/** Splits sorted items into groups that touch each other. */
function clusters<Item extends Placeable>(sorted: readonly Item[], { least, nudge }: ChipSizes): Item[][] {
  const groups: Item[][] = []
  let bottom = -Infinity
  for (const item of sorted) {
    const top = item.from < bottom && item.from >= bottom - nudge ? bottom : item.from
    if (top >= bottom) groups.push([])
    groups.at(-1)?.push(item)
    bottom = Math.max(bottom, item.to, top + least)
  }
  return groups
}

function inColumns<Item extends Placeable>(
  items: readonly Item[],
  start: number,
  { least, nudge, maxColumns, hasFixedColumns }: ChipSizes,
): Placed<Item>[] | null {
  const bottoms: number[] = []
  const placed: Omit<Placed<Item>, 'columns'>[] = []
  for (const item of items) {
    const from = Math.max(item.from, start)
    const free = bottoms.findIndex((bottom) => bottom <= from + nudge)
    const column = free === -1 ? bottoms.length : free
    if (column >= maxColumns) return null
    const top = Math.max(from, bottoms[column] ?? from)
    const length = Math.max(item.to - top, least)
    bottoms[column] = top + length
    placed.push({ key: item.key, items: [item], top, length, column })
  }
  return placed.map((each) => ({ ...each, columns: hasFixedColumns ? maxColumns : bottoms.length }))
}

/** What has a chip of its own in a crowd, what else fits next to that, and the piles of the rest. */
function crowdParts<Item extends Placeable>(
  items: readonly Item[],
  first: readonly Item[],
  sizes: ChipSizes,
) {
  const failures = items.filter(
    (item) => item.isFailure && !first.includes(item) && first.length >= sizes.maxFailures,
  )
  const quiet = items.filter((item) => !first.includes(item) && !failures.includes(item))
  const columns = sizes.hasFixedColumns ? sizes.maxColumns : (sizes.crowdColumns ?? 1)
  const taken = first.length + Number(failures.length > 0)
  const places = Math.ceil((taken + 1) / columns) * columns
  const others = quiet.slice(0, places - 1 - taken)
  return { columns, failures, others, rest: quiet.slice(others.length) }
}

/**
 * What stands out first, then what fits into the rows that this takes, then the rest as one pile. Failures are never
 * part of that: where they are too many for chips, the others of them are a pile of their own before it. What is kept
 * comes out of either.
 */
function piled<Item extends Placeable>(
  items: readonly Item[],
  top: number,
  sizes: ChipSizes,
): Placed<Item>[] {
  const chosen = items
    .filter((item) => item.isFailure || item.standsOut === true || item.isOpened === true)
    .sort(byRank)
  const standing = chosen.slice(0, sizes.maxFailures)
  const { failures: left, rest: folded } = crowdParts(items, standing, sizes)
  const first = [...standing, ...[...left, ...folded].filter(({ isKept }) => isKept)]
  const { columns, failures, others, rest } = crowdParts(items, first, sizes)
  const parts = [...first, ...others].map((item) => [item])
  parts.splice(first.length, 0, ...(failures.length > 0 ? [failures] : []))
  if (rest.length > 0) parts.push(rest)
  return parts.map((part, index) => ({
    key: part.length === 1 ? (part[0]?.key ?? '') : `pile:${part[0]?.key}`,
    items: part,
    top: top + Math.floor(index / columns) * sizes.least,
    length: sizes.least,
    column: index % columns,
    columns,
  }))
}

function crowded<Item extends Placeable>(
  items: readonly Item[],
  start: number,
  sizes: ChipSizes,
): Placed<Item>[] {
  const points = items.map((item) => ({ ...item, to: item.from }))
  const placed: Placed<Item>[] = []
  let bottom = start
  let index = 0
  while (index < items.length) {
    const first = items[index]
    if (first === undefined) break
    const top = Math.max(bottom, first.from)
    let size = 1
    let rows: Placed<Item>[] = []
    for (;;) {
      const group = points.slice(index, index + size)
      rows = inColumns(group, top, { ...sizes, nudge: 0 }) ?? piled(group, top, sizes)
      bottom = Math.max(...rows.map((row) => row.top + row.length))
      const next = items[index + size]
      if (next === undefined || next.from >= bottom - sizes.nudge) break
      size += 1
    }
    placed.push(...rows)
    index += size
  }
  return placed
}

/**
 * Places the items of one day. What overlaps a little moves down, what overlaps more shares the width; where
 * even that is too narrow, failures stay chips and the rest becomes a pile.
 */
export function layoutChips<Item extends Placeable>(
  items: readonly Item[],
  sizes: ChipSizes,
): Placed<Item>[] {
  const placed: Placed<Item>[] = []
  let bottom = 0
  for (const cluster of clusters([...items].sort(byTime), sizes)) {
    const start = Math.max(bottom, cluster[0]?.from ?? 0)
    const rows = inColumns(cluster, start, sizes) ?? crowded(cluster, start, sizes)
    placed.push(...rows)
    bottom = Math.max(bottom, ...rows.map((row) => row.top + row.length))
  }
  return placed
}

/** Whether two rectangles share some of the width. */
function sharesWidth<Item extends Placeable>(a: Placed<Item>, b: Placed<Item>): boolean {
  return (
    a.column * b.columns < (b.column + 1) * a.columns && b.column * a.columns < (a.column + 1) * b.columns
  )
}

/** Moves up what would be below the end of the day, and what it then overlaps. */
export function withinDay<Item extends Placeable>(
  placed: readonly Placed<Item>[],
  end: number,
): Placed<Item>[] {
  const rows: Placed<Item>[] = []
  for (const row of [...placed].sort((a, b) => b.top + b.length - (a.top + a.length))) {
    const length = Math.min(row.length, end)
    const limit = Math.min(end, ...rows.filter((below) => sharesWidth(row, below)).map(({ top }) => top))
    rows.push({ ...row, length, top: Math.max(0, Math.min(row.top, limit - length)) })
  }
  return rows.reverse()
}
