import { expect, it } from 'vitest'
import { postgresPackage } from './postgresVersion.ts'

it('a version that there is none of is refused, not passed over', () => {
  expect(() => postgresPackage('14')).toThrow(
    'There is no PostgreSQL 14 to run on; it can be 15, 16, 17 or 18.',
  )
})

it('the newest is the one that comes with Almanac', () => {
  expect(postgresPackage('18')).toBeUndefined()
  expect(postgresPackage('')).toBeUndefined()
})
