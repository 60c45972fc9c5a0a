import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Tests of a whole system, which take minutes, are not for in between. */
const SLOW = /^tests\/|^sql\/tests\/.*(simulation|random)|upgrade\.test/
const IMPORT = /from '(\.[^']+)'/g

/** Test files that have changed, that import a file that has, or that name a function of SQL that has: in this order. */
export function chosenTests(changed: readonly string[], tests = testFiles()): string[] {
  const files = new Set(changed)
  const functions = changed
    .filter((path) => path.startsWith('sql/functions/'))
    .map((path) => new RegExp(`\\b${basename(path, '.sql')}\\b`))
  const own = tests.filter(({ path }) => files.has(path))
  const importing = tests.filter(({ path, text }) =>
    [...text.matchAll(IMPORT)].some(([, target]) => files.has(join(dirname(path), target!))),
  )
  const naming = tests.filter(({ text }) => functions.some((name) => name.test(text)))
  return [...new Set([...own, ...importing, ...naming].map(({ path }) => path))]
}

interface TestFile {
  readonly path: string
  readonly text: string
}

function testFiles(): TestFile[] {
  return execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.test.ts', '*.test.tsx'],
    {
      encoding: 'utf8',
    },
  )
    .split('\n')
    .filter((path) => path !== '' && !SLOW.test(path))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }))
}
