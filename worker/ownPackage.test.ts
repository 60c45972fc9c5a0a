import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

// In a process of its own, as the tests have a loader of theirs.
test('a file in any folder may import the package, as a task in a checkout does', async () => {
  const program = `
    import { serveOwnPackage } from ${JSON.stringify(join(import.meta.dirname, 'ownPackage.ts'))}
    serveOwnPackage()
    const { defineTask, NonRetryableError } = await import('almanac/worker')
    const { migrate } = await import('almanac')
    console.log([defineTask, NonRetryableError, migrate].map((each) => typeof each).join())`

  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: tmpdir(),
  })

  expect(stdout).toBe('function,function,function\n')
}, 60_000)
