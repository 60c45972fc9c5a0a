/** Bytes of each table with its indexes at a moment. */
export interface Sample {
  /** Seconds since the beginning. */
  readonly at: number
  readonly bytes: Readonly<Record<string, number>>
}

/** How large a table became in the second quarter of the time and in the last. */
export interface Growth {
  readonly table: string
  readonly second: number
  readonly last: number
  readonly bounded: boolean
}

/** By how much the last quarter may exceed the second: a tenth, and what a few pages of table and indexes are. */
export const MARGIN = { share: 0.1, bytes: 262_144 }

/** Compares the largest sizes of the last quarter with those of the second: the first is for filling up. */
export function judge(samples: readonly Sample[], seconds: number): Growth[] {
  const tables = new Set(samples.flatMap(({ bytes }) => Object.keys(bytes)))
  const most = (table: string, from: number, to: number) =>
    Math.max(
      0,
      ...samples.flatMap(({ at, bytes }) =>
        at > from * seconds && at <= to * seconds ? (bytes[table] ?? 0) : [],
      ),
    )
  return [...tables].map((table) => {
    const second = most(table, 0.25, 0.5)
    const last = most(table, 0.75, 1)
    return { table, second, last, bounded: last <= second * (1 + MARGIN.share) + MARGIN.bytes }
  })
}
