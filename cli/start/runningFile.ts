import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as v from 'valibot'
import { identify, isAlive, type ProcessIdentity } from './processIdentity.ts'

const Identity = v.object({ pid: v.number(), startedAt: v.string() })
const Running = v.object({
  command: Identity,
  launchers: v.array(Identity),
  parts: v.array(Identity),
  /** The web address, once it answers. */
  url: v.nullable(v.string()),
})

/** What the file in the data folder says about the command that runs on it. */
export type Running = v.InferOutput<typeof Running>

/** The hold that a command has on its data folder. */
export interface RunningFile {
  update(change: Partial<Pick<Running, 'parts' | 'url'>>): Promise<void>
  release(): Promise<void>
}

/** Another living command has the data folder. */
export class AlreadyRunningError extends Error {
  readonly running: Running
  constructor(running: Running, dataDir: string) {
    const where = running.url ? `at ${running.url}` : 'but is not responding yet'
    super(
      `Almanac is already running on ${dataDir}, ${where} (process ${running.command.pid}). Stop it first, or set ALMANAC_DATA_DIR and PORT to run another next to it.`,
    )
    this.running = running
  }
}

const PARTS_END_WITHIN_MS = 10_000
const COMMAND_ENDS_WITHIN_MS = 30_000

/** Reads the file; `null` when no command that is still running wrote it. */
export async function readRunning(dataDir: string): Promise<Running | null> {
  const found = parse(await readFile(join(dataDir, NAME), 'utf8').catch(() => ''))
  return found && isAlive(found.command) ? found : null
}

/** Takes the data folder, which it makes, after ending what a command left there that was killed. */
export async function takeDataDir(
  dataDir: string,
  { launchers, log }: { launchers: readonly ProcessIdentity[]; log: (message: string) => void },
): Promise<RunningFile> {
  await mkdir(dataDir, { recursive: true }).catch((cause: Error) => {
    throw new Error(
      `The database folder ${dataDir} cannot be created: ${cause.message}.\nSet ALMANAC_DATA_DIR to one that can, or DATABASE_URL to an existing database.`,
      { cause },
    )
  })
  const path = join(dataDir, NAME)
  let mine: Running = { command: identify(process.pid)!, launchers: [...launchers], parts: [], url: null }
  while (!(await create(path, mine))) {
    const text = await readFile(path, 'utf8').catch(() => '')
    const found = parse(text)
    if (found && isAlive(found.command) && found.launchers.every(isAlive)) {
      throw new AlreadyRunningError(found, dataDir)
    }
    if (found) await endLeftovers(found, log)
    await removeJudged(path, text)
  }
  let writing = Promise.resolve()
  return {
    update(change) {
      mine = { ...mine, ...change }
      writing = writing.then(() => write(path, mine))
      return writing
    },
    async release() {
      await writing
      await rm(path, { force: true })
    },
  }
}

const NAME = 'running.json'

function parse(text: string): Running | null {
  try {
    return v.parse(Running, JSON.parse(text))
  } catch {
    return null
  }
}

/** Writes the file aside and links it into place: it is there whole, and for one command only. */
async function create(path: string, running: Running): Promise<boolean> {
  const draft = `${path}.${process.pid}`
  await writeFile(draft, JSON.stringify(running), { mode: 0o600 })
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function write(path: string, running: Running): Promise<void> {
  const draft = `${path}.${process.pid}`
  await writeFile(draft, JSON.stringify(running), { mode: 0o600 })
  await rename(draft, path)
}

/** Removes the file that was judged stale, and puts back one that another command wrote meanwhile. */
async function removeJudged(path: string, judged: string): Promise<void> {
  const aside = `${path}.${process.pid}.stale`
  try {
    await rename(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if ((await readFile(aside, 'utf8')) !== judged) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
}

async function endLeftovers(left: Running, log: (message: string) => void): Promise<void> {
  if (isAlive(left.command)) {
    log(`Ending process ${left.command.pid}, whose npm process was killed`)
    signal(left.command, 'SIGTERM')
    await gone([left.command], COMMAND_ENDS_WITHIN_MS)
  }
  const parts = left.parts.filter(isAlive)
  if (parts.length > 0) {
    log(`Waiting for ${parts.length === 1 ? 'a process' : 'processes'} left by an Almanac that was killed`)
    parts.forEach((part) => signal(part, 'SIGTERM'))
    await gone(parts, PARTS_END_WITHIN_MS)
  }
}

async function gone(processes: readonly ProcessIdentity[], withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs
  while (processes.some(isAlive)) {
    if (Date.now() > deadline) processes.forEach((one) => signal(one, 'SIGKILL'))
    await delay(50)
  }
}

function signal(one: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(one)) return
  try {
    process.kill(one.pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
