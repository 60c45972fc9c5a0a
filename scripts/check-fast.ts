import { chosenTests } from './fast/chosenTests.ts'
import { changedFiles } from './fast/changedFiles.ts'
import { runQuietly } from './runQuietly.ts'

/**
 * `npm run check:fast [-- <base>]`: format, lint, types, unused code, and the tests nearest to what has changed since
 * `<base>`. The caches are in node_modules/.cache; `npm run check` lints without one, as a type that changed elsewhere
 * may make a line wrong.
 */
const MOST_TESTS = 8

interface Step {
  readonly name: string
  readonly command: readonly string[]
}

const files = changedFiles(process.argv[2])
const tests = chosenTests(files)
const chosen = tests.slice(0, MOST_TESTS)
const steps: readonly Step[] = [
  { name: 'lint', command: ['npm', 'run', '--silent', 'lint:cached'] },
  { name: 'types', command: ['npm', 'run', '--silent', 'types:cached'] },
  { name: 'format', command: ['npm', 'run', '--silent', 'format:check'] },
  { name: 'unused code', command: ['npm', 'run', '--silent', 'unused'] },
  ...(chosen.length > 0
    ? [{ name: 'tests', command: ['vitest', 'run', '--reporter=dot', '--silent=passed-only', ...chosen] }]
    : []),
]

console.log(`${files.length} files have changed.`)
if (tests.length > chosen.length)
  console.log(
    `Of ${tests.length} test files near them, the first ${MOST_TESTS} are run. "npm test" runs all.`,
  )

// Two at a time: each of them keeps one core busy.
const queue = [...steps]
await Promise.all([work(), work()])

async function work(): Promise<void> {
  for (let step = queue.shift(); step; step = queue.shift()) {
    const began = performance.now()
    const { ok, output } = await runQuietly(step.command)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    console.log(`${ok ? '✓' : '✗'} ${step.name} (${seconds} s)`)
    if (ok) continue
    console.log(output.trimEnd())
    process.exitCode = 1
  }
}
