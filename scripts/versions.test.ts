import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }

const read = (path: string) => readFile(join(import.meta.dirname, '..', path), 'utf8')

test('the Node that the program needs is the same everywhere', async () => {
  const needed = packageJson.engines.node.replace('>=', '')

  expect(await read('cli/almanac.mjs')).toContain(`Almanac needs Node ${needed} or newer`)
  expect(await read('README.md')).toContain(`Node ${needed} or newer`)
})

test('the Node that a checkout is installed with is the same everywhere', async () => {
  const [, installs] = /split\("\."\)\[0\] >= (\d+)/.exec(await read('.ci/run')) ?? []

  expect(await read('.ci/run')).toContain(`Node ${installs} or newer`)
  expect(await read('README.md')).toContain(`Node ${installs} or newer, that is all`)
})
