import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { withIncluded, withIncludes } from '../cli/currentMigration.ts'
import { describeError } from '../process/log.ts'
import { MIGRATIONS_FOLDER, readMigrations } from '../process/migrationRecord.ts'
import { baselineBody } from './migrations/baselineBody.ts'
import { committed } from './migrations/committed.ts'
import { differences } from './migrations/differences.ts'

const ROOT = join(import.meta.dirname, '..')

/**
 * Remakes the one migration there is until the first release: the part before and after its functions, all functions, and what
 * current.sql has besides. Compares the database that it makes with that of the last commit.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'allow-differences': { type: 'boolean', default: false },
      since: { type: 'string', default: 'HEAD' },
    },
  })
  const [baseline, ...others] = await readMigrations()
  if (baseline === undefined || others.length > 0 || git('tag', '--list', 'v*') !== '') {
    throw new Error('There is a release, or a second migration: a committed migration stays as it is.')
  }
  const body = baselineBody({
    baseline: withIncludes(baseline.body),
    current: await readFile(join(MIGRATIONS_FOLDER, 'current.sql'), 'utf8'),
    functions: await readFunctions(),
  })

  const folder = await mkdtemp(join(tmpdir(), 'almanac-baseline-'))
  try {
    const [before, after] = [join(folder, 'before/migrations'), join(folder, 'after/migrations')]
    await mkdir(join(folder, 'before'))
    execFileSync('tar', ['-x', '-C', join(folder, 'before'), '--strip-components=1'], {
      input: execFileSync('git', ['archive', values.since, 'sql'], { cwd: ROOT, maxBuffer: 1e9 }),
    })
    await mkdir(join(after, 'committed'), { recursive: true })
    const { name, text } = committed(await withIncluded(body, MIGRATIONS_FOLDER), 'baseline', null)
    await writeFile(join(after, 'committed', name), text)

    const found = await differences(before, after)
    console.log(found.length === 0 ? `Makes the same database as ${values.since}.` : found.join('\n'))
    if (found.length > 0 && !values['allow-differences']) {
      throw new Error(
        'Nothing was written. If this is what is meant: npm run db:baseline -- --allow-differences',
      )
    }
    await rm(baseline.fullPath)
    await writeFile(join(MIGRATIONS_FOLDER, 'committed', name), text)
    await writeFile(join(MIGRATIONS_FOLDER, 'current.sql'), '-- The next migration, in the making.\n')
    console.log(`Written: sql/migrations/committed/${name}. What was recreated from it: npm run generated`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The texts of all files of functions by their path in sql/, folder by folder. */
async function readFunctions(): Promise<Map<string, string>> {
  const folder = join(MIGRATIONS_FOLDER, '../functions')
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.sql')).sort()
  const texts = await Promise.all(paths.map((path) => readFile(join(folder, path), 'utf8')))
  return new Map(paths.map((path, index) => [`functions/${path}`, texts[index]!]))
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
}

try {
  await main()
} catch (error) {
  console.error(describeError(error))
  process.exitCode = 1
}
