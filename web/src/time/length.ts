const pattern = /(\d{1,6}) ?(second|minute|hour|day|week|month|year)s?(?:,? |$)/gy

/** A unit of a length of time, as it is typed. */
export type LengthUnit = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year'

/** The parts of a length as typed, "1 hour 30 minutes", in these units; undefined: it is not one. */
export function lengthParts<Unit extends LengthUnit>(
  text: string,
  units: readonly Unit[],
): readonly (readonly [count: number, unit: Unit])[] | undefined {
  const typed = text.trim().toLowerCase()
  const found = [...typed.matchAll(pattern)]
  const parts = found.flatMap(([, count, name]) => {
    const unit = units.find((each) => each === name)
    return unit === undefined ? [] : [[Number(count), unit] as const]
  })
  const isWhole = found.reduce((length, [part]) => length + part.length, 0) === typed.length
  return isWhole && parts.length > 0 && parts.length === found.length ? parts : undefined
}
