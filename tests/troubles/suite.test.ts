import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** Nothing is fired in them. */
const WITHOUT_A_LEDGER = ['debianPostgres', 'newestPostgres', 'passwordsInLog', 'rights']

test('each trouble ends with a ledger that has nothing to complain of', () => {
  const names = readdirSync(import.meta.dirname).flatMap((file) => /^(.*)\.test\.ts$/.exec(file)?.[1] ?? [])

  const unchecked = names.filter((name) => {
    const text = readFileSync(join(import.meta.dirname, `${name}.test.ts`), 'utf8')
    return !/check_ledger\(|useTestWorkers\(\)|usePoisonWorkers\(\)|ledgerProblems: 0/.test(text)
  })

  expect(unchecked).toEqual(WITHOUT_A_LEDGER)
})
