import { expect, it } from 'vitest'
import { createWeighedCache } from './weighedCache.ts'

it('what was asked for longest ago makes room', () => {
  const cache = createWeighedCache<string>(10)
  cache.set('a', 'A', 4)
  cache.set('b', 'B', 4)
  cache.get('a')

  cache.set('c', 'C', 4)

  expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual(['A', undefined, 'C'])
})

it('what is heavier than all may be is not kept, and takes no room from others', () => {
  const cache = createWeighedCache<string>(10)
  cache.set('a', 'A', 10)

  cache.set('b', 'B', 11)

  expect(['a', 'b'].map((key) => cache.get(key))).toEqual(['A', undefined])
})

it('what is set again weighs once', () => {
  const cache = createWeighedCache<string>(10)
  for (let times = 0; times < 5; times++) cache.set('a', 'A', 4)
  cache.set('b', 'B', 6)

  expect(cache.get('a')).toBe('A')
})
