import { spawn, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isAlive, identify, type ProcessIdentity } from '../../cli/start/processIdentity.ts'

const ROOT = join(import.meta.dirname, '../..')
const DEADLINE_MS = 60_000

/** A command line of the program, running. */
export interface Almanac {
  readonly process: ChildProcess
  /** All that it has printed so far. */
  output(): string
  /** Resolves with the match once the output from `from` on has it. */
  printed(pattern: RegExp, from?: number): Promise<RegExpExecArray>
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

export interface AlmanacOptions {
  readonly dataDir: string
  readonly args?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** The program to run in place of Node with the command. */
  readonly program?: readonly [string, ...string[]]
}

/** Runs `almanac start` (or another command) as a person would, on its own data folder and a free port. */
export function runAlmanac(options: AlmanacOptions): Almanac {
  const { dataDir, args = ['start', '--current'], environment = {} } = options
  const [program, ...first] = options.program ?? [process.execPath, join(ROOT, 'cli/almanac.mjs'), ...args]
  const child = spawn(program, first, {
    cwd: ROOT,
    env: {
      ...process.env,
      ...NO_NPM,
      DATABASE_URL: '',
      PORT: '0',
      ALMANAC_DATA_DIR: dataDir,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  const read = (chunk: Buffer) => (output += chunk.toString())
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  let hasEnded = false
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      hasEnded = true
      resolve(code ?? signal!)
    })
  })
  return {
    process: child,
    output: () => output,
    async printed(pattern, from = 0) {
      let match: RegExpExecArray | null = null
      await until(`${String(pattern)} is printed; so far:`, () => {
        match = pattern.exec(output.slice(from))
        if (!match && hasEnded) throw new Error(`It ended without printing ${String(pattern)}:\n${output}`)
        return match !== null
      }).catch((error: Error) => {
        throw new Error(`${error.message}\n${output}`)
      })
      return match!
    },
    ended,
  }
}

/** So that a test started by npm looks like one started manually. */
const NO_NPM = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => name.startsWith('npm_'))
    .map((name) => [name, undefined]),
)

/** Waits for a condition, and fails with `what` when it does not come true in time. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Not in time: ${what}`)
    await delay(25)
  }
}

/** The processes that a running command has, by what they do. */
export interface Processes {
  readonly command: ProcessIdentity
  readonly parts: readonly ProcessIdentity[]
  readonly postmaster: ProcessIdentity
}

/** Reads from the data folder which processes a command has started. */
export async function processesOf(dataDir: string): Promise<Processes> {
  const { command, parts } = JSON.parse(await readFile(join(dataDir, 'running.json'), 'utf8')) as Processes
  const { folder } = JSON.parse(await readFile(join(dataDir, 'database.json'), 'utf8')) as { folder: string }
  const [pid] = (await readFile(join(folder, 'data/postmaster.pid'), 'utf8')).split('\n')
  const postmaster = identify(Number(pid))
  if (!postmaster) throw new Error(`No postmaster ${pid}`)
  return { command, parts, postmaster }
}

/** Waits until none of the processes is left. */
export async function untilGone({ command, parts, postmaster }: Processes): Promise<void> {
  const all = [command, ...parts, postmaster]
  await until(`processes ${all.map(({ pid }) => pid).join(', ')} are gone`, () => !all.some(isAlive))
}
