import { expect, test } from 'vitest'
import { chosenTests } from './chosenTests.ts'

const tests = [
  { path: 'sql/tests/firing.test.ts', text: `select almanac_private.fire_due()` },
  { path: 'worker/lease.test.ts', text: `import { lease } from './lease.ts'` },
  { path: 'worker/other.test.ts', text: `import { lease } from '../worker/lease.ts'` },
  { path: 'worker/changed.test.ts', text: `import { far } from './far.ts'` },
]

test('a changed test comes before those that import what has changed', () => {
  expect(chosenTests(['worker/lease.ts', 'worker/changed.test.ts'], tests)).toEqual([
    'worker/changed.test.ts',
    'worker/lease.test.ts',
    'worker/other.test.ts',
  ])
})

test('a changed function of SQL chooses the tests that name it whole', () => {
  expect(chosenTests(['sql/functions/firing/fire_due.sql'], tests)).toEqual(['sql/tests/firing.test.ts'])
  expect(chosenTests(['sql/functions/firing/fire.sql'], tests)).toEqual([])
})
