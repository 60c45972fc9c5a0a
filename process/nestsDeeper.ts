/** Whether a value has more than `most` levels of objects and arrays. Level by level, never recursive. */
export function nestsDeeper(value: unknown, most: number): boolean {
  let level: object[] = isNest(value) ? [value] : []
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > most) return true
    level = level.flatMap((nest) => Object.values(nest).filter(isNest))
  }
  return false
}

function isNest(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
