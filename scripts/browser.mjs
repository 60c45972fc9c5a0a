import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const MAC_PROGRAMS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/**
 * The program of a Chrome or Chromium that runs, or null. CHROME_PATH, when set, is the only one that counts.
 * @returns {string | null}
 */
export function findBrowser() {
  const chosen = process.env.CHROME_PATH
  if (chosen) return runs(chosen) ? chosen : null
  return [...NAMES, ...MAC_PROGRAMS, ...playwrightPrograms()].find(runs) ?? null
}

/**
 * Installs Debian's package where root may, otherwise the browser that Playwright brings.
 * @param {string} root the folder of the project
 */
export function installBrowser(root) {
  if (process.getuid?.() === 0 && run('apt-get', ['--version'], 'ignore')) {
    const apt = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    run('apt-get', ['update'], 'inherit', apt)
    run('apt-get', ['install', '--yes', '--no-install-recommends', 'chromium'], 'inherit', apt)
    if (findBrowser()) return
  }
  const node = join(root, 'node_modules/node/bin/node')
  run(node, [join(root, 'node_modules/playwright-core/cli.js'), 'install', 'chromium'], 'inherit')
}

function playwrightPrograms() {
  const cache =
    process.env.PLAYWRIGHT_BROWSERS_PATH ??
    join(homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache', 'ms-playwright')
  if (!existsSync(cache)) return []
  return readdirSync(cache)
    .filter((name) => /^chromium-\d+$/.test(name))
    .sort()
    .reverse()
    .flatMap((name) => [
      join(cache, name, 'chrome-linux64/chrome'),
      join(cache, name, 'chrome-linux/chrome'),
      join(cache, name, 'chrome-mac/Chromium.app/Contents/MacOS/Chromium'),
      join(
        cache,
        name,
        'chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
      ),
    ])
}

function runs(program) {
  return run(program, ['--version'], 'ignore')
}

function run(program, args, stdio, env = process.env) {
  return (
    spawnSync(program, args, { stdio, env, timeout: stdio === 'ignore' ? 20_000 : undefined }).status === 0
  )
}
