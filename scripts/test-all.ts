import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { runQuietly } from './runQuietly.ts'

/**
 * `npm run test:all`: every test, and those of the database once more on the oldest PostgreSQL. Browsers and tests that
 * go one at a time leave cores idle: what they leave goes to tests that compute and wait for no clock, which give way. What
 * fails keeps nothing else from running, so that one run tells all.
 */
await run('vitest', 'run', '--project', 'sql', '--project', 'node')
const meanwhile = runMeanwhile([
  ['npm', 'run', '--silent', 'test:web', '--', '--maxWorkers=1'],
  ['node', 'scripts/matrix.ts', '15', '--project', 'sql', '--maxWorkers', '1'],
])
await run('vitest', 'run', '--project', 'whole', '--project', 'browser')
await meanwhile
await run('node', 'scripts/matrix.ts', '15', '--project', 'node', '--project', 'whole')

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: 'inherit', shell: process.platform === 'win32' })
  await once(child, 'close')
  if (child.exitCode !== 0) process.exitCode = 1
}

/** One after the other; what they said is told when they have ended. */
async function runMeanwhile(commands: readonly (readonly string[])[]): Promise<void> {
  for (const command of commands) {
    const { ok, output } = await runQuietly(command, { givesWay: true })
    console.log(`\n> ${command.join(' ')}\n${output}`)
    if (!ok) process.exitCode = 1
  }
}
