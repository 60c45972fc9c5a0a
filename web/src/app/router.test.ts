import { expect, test } from 'vitest'
import { PATHS } from '../../../shared/paths.ts'
import { router } from './router.tsx'

test('every page of the router is at an address that the server knows', () => {
  // Any other address is answered with 404, and shown by the page for those.
  expect(Object.keys(router.routesByPath).sort()).toEqual([...Object.values(PATHS), '/$'].sort())
})
