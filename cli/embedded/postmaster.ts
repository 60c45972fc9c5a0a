import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile, readlink, realpath, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { asUser, type OsUser } from './osUser.ts'

/** A running PostgreSQL server process that we started. */
export interface Postmaster {
  readonly pid: number
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<string>
  /** Ends connections, writes everything down, and resolves when the process is gone. */
  stop(): Promise<void>
}

export interface PostmasterOptions {
  readonly postgres: string
  readonly dataDirectory: string
  readonly port: number
  readonly user: OsUser | null
  readonly logFile: string
  readonly settings?: Readonly<Record<string, string>>
}

const READY_WITHIN_MS = 60_000
const STOPPED_WITHIN_MS = 30_000
const LOG_KEPT_BYTES = 10_000_000

/**
 * Starts PostgreSQL on the loopback interface, in a session of its own so that a terminal's Ctrl-C does not reach it,
 * and resolves when it accepts connections. Processes of a server that was killed end a moment after it, and PostgreSQL
 * does not start while they are there: it is started again then.
 */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const since = Date.now()
  for (;;) {
    try {
      return await launch(options)
    } catch (error) {
      const isInUse = /still in use\n.*$/.test(await tail(options.logFile, 2))
      if (!isInUse || Date.now() - since > STOPPED_WITHIN_MS) throw error
      await delay(100)
    }
  }
}

async function launch(options: PostmasterOptions): Promise<Postmaster> {
  const { postgres, dataDirectory, port, user, logFile } = options
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: String(port),
    ...options.settings,
  }
  if (((await stat(logFile).catch(() => null))?.size ?? 0) > LOG_KEPT_BYTES) await truncate(logFile)
  const log = openSync(logFile, 'a', 0o600)
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(postgres, ['-D', dataDirectory, ...flags], {
    ...asUser(user),
    env: { ...process.env, LC_ALL: 'C', PGDATA: undefined },
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)

  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`))
  })
  const postmaster: Postmaster = { pid: child.pid ?? 0, ended, stop: () => stop() }

  async function stop() {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGINT')
    const timer = setTimeout(() => child.kill('SIGQUIT'), STOPPED_WITHIN_MS)
    await ended
    clearTimeout(timer)
  }

  try {
    await ready(postmaster, dataDirectory)
  } catch (cause) {
    await stop()
    throw new Error(`PostgreSQL did not start. The end of ${logFile}:\n${await tail(logFile)}`, { cause })
  }
  return postmaster
}

/** The pid of a server that runs on this data directory, started by whomever. */
async function findPostmaster(dataDirectory: string): Promise<number | null> {
  const pid = await pidInFile(dataDirectory)
  if (pid === null || !isThere(pid)) return null
  if (process.platform !== 'linux') return pid
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => null)
  return folder === (await realpath(dataDirectory)) ? pid : null
}

/** Ends a server that an earlier command left on this data directory. */
export async function endLeftPostmaster(dataDirectory: string): Promise<void> {
  const since = Date.now()
  for (
    let pid = await findPostmaster(dataDirectory);
    pid !== null;
    pid = await findPostmaster(dataDirectory)
  ) {
    process.kill(pid, Date.now() - since > STOPPED_WITHIN_MS ? 'SIGQUIT' : 'SIGINT')
    if (Date.now() - since > 2 * STOPPED_WITHIN_MS) {
      throw new Error(`A PostgreSQL server (process ${pid}) left on ${dataDirectory} does not stop.`)
    }
    await delay(50)
  }
  await removeMisleadingPidFile(dataDirectory)
}

/**
 * After a restart of the machine or container another process may have the number in postmaster.pid, and PostgreSQL
 * would take it for a living server. (A number that no one has is left to PostgreSQL: it also looks for orphans.)
 */
async function removeMisleadingPidFile(dataDirectory: string): Promise<void> {
  const pid = await pidInFile(dataDirectory)
  if (pid !== null && process.platform === 'linux' && isThere(pid))
    await rm(join(dataDirectory, 'postmaster.pid'))
}

async function ready(postmaster: Postmaster, dataDirectory: string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS
  let ended: string | null = null
  void postmaster.ended.then((reason) => (ended = reason))
  for (;;) {
    const lines = await postmasterFile(dataDirectory)
    if (Number(lines[0]) === postmaster.pid && lines[7]?.trim() === 'ready') return
    if (ended !== null) throw new Error(`postgres ended (${ended as string})`)
    if (Date.now() > deadline) throw new Error('postgres was not ready in time')
    await delay(20)
  }
}

async function pidInFile(dataDirectory: string): Promise<number | null> {
  const pid = Number((await postmasterFile(dataDirectory))[0])
  return Number.isInteger(pid) && pid > 1 ? pid : null
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function postmasterFile(dataDirectory: string): Promise<string[]> {
  const text = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '')
  return text.split('\n')
}

async function tail(file: string, lines = 12): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}

/** Runs a program to its end and gives what it printed as the error when it fails. */
export async function runProgram(
  program: string,
  args: readonly string[],
  user: OsUser | null,
): Promise<void> {
  const child = spawn(program, args, {
    ...asUser(user),
    env: { ...process.env, LC_ALL: 'C', PGDATA: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${program} failed:\n${output.trimEnd()}`)
}
