/** Keeps what was asked for last, as long as all of it weighs no more than `most`. */
export interface WeighedCache<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value, weight: number): void
}

export function createWeighedCache<Value>(most: number): WeighedCache<Value> {
  // In the order in which they were last asked for.
  const kept = new Map<string, { readonly value: Value; readonly weight: number }>()
  let total = 0

  function forget(key: string): void {
    total -= kept.get(key)?.weight ?? 0
    kept.delete(key)
  }

  return {
    get(key) {
      const found = kept.get(key)
      if (!found) return undefined
      kept.delete(key)
      kept.set(key, found)
      return found.value
    },
    set(key, value, weight) {
      forget(key)
      if (weight > most) return
      kept.set(key, { value, weight })
      total += weight
      for (const oldest of kept.keys()) {
        if (total <= most) return
        forget(oldest)
      }
    },
  }
}
