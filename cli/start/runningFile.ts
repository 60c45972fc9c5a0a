import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as v from 'valibot'
import { identify, isAlive, type ProcessIdentity } from './processIdentity.ts'

const Identity = v.object({ pid: v.number(), startedAt: v.string() })
const Claim = v.object({ command: Identity })
const Running = v.object({
  ...Claim.entries,
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
const CLAIM_ASKED_EVERY_MS = 50

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
    const text = await readIfThere(path)
    if (text === null) continue
    const found = parse(text)
    if (found && isAlive(found.command) && found.launchers.every(isAlive)) {
      throw new AlreadyRunningError(found, dataDir)
    }
    await removeStale(path, text, async () => {
      if (found) await endLeftovers(found, log)
    })
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

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Writes the file aside and links it into place: it is there whole, and for one command only. */
async function create(path: string, content: unknown): Promise<boolean> {
  const draft = await writeDraft(path, content)
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
  await rename(await writeDraft(path, running), path)
}

async function writeDraft(path: string, content: unknown): Promise<string> {
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, JSON.stringify(content), { mode: 0o600 })
  return draft
}

/**
 * Removes a file whose writer has died, if it still says `text`.
 *
 * One command at a time may, or a slow one would remove what a fast one wrote meanwhile: it claims the text
 * by a file named after it. A text never comes back, for it names a process and when it started; so anyone who
 * finds another text under the claim has come too late. A claim whose own writer has died is stale as well,
 * and removed in the same way.
 */
async function removeStale(path: string, text: string, beforehand: () => Promise<void>): Promise<void> {
  const claim = `${path}.${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
  if (!(await create(claim, { command: identify(process.pid)! }))) {
    const claimed = await readIfThere(claim)
    if (claimed !== null && !isAlive(v.parse(Claim, JSON.parse(claimed)).command)) {
      await removeStale(claim, claimed, () => Promise.resolve())
    } else {
      await delay(CLAIM_ASKED_EVERY_MS)
    }
    return
  }
  try {
    if ((await readIfThere(path)) !== text) return
    await beforehand()
    if ((await readIfThere(path)) === text) await rm(path)
  } finally {
    await rm(claim, { force: true })
  }
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
