import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { identify, isAlive } from '../cli/start/processIdentity.ts'
import { processesOf, runAlmanac, until, untilGone, type Almanac } from './start/almanac.ts'

// Longer than what each wait in them may take.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const READY = /Web: +(http:\/\/\S+)/
const DATABASE = /postgres:\/\/\S+/

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'almanac-start-'))
  await chmod(folder, 0o711)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function stop(almanac: Almanac): Promise<number | NodeJS.Signals> {
  almanac.process.kill('SIGTERM')
  return await almanac.ended
}

async function queryOne(almanac: Almanac, statement: string): Promise<unknown> {
  const client = new Client({ connectionString: DATABASE.exec(almanac.output())![0] })
  await client.connect()
  try {
    return Object.values((await client.query<Record<string, unknown>>(statement)).rows[0] ?? {})[0]
  } finally {
    await client.end()
  }
}

function addressOf(almanac: Almanac): string {
  return new URL(READY.exec(almanac.output())![1]!).origin
}

function answers(almanac: Almanac): Promise<boolean> {
  return fetch(addressOf(almanac)).then(
    (response) => response.ok,
    () => false,
  )
}

describe('a command on a folder of its own', () => {
  let dataDir: string
  let almanac: Almanac
  beforeAll(async () => {
    dataDir = join(folder, 'own')
    almanac = runAlmanac({ dataDir })
    await almanac.printed(READY)
  })
  afterAll(() => stop(almanac))

  test('the database URL is printed before the addresses, whole, and works', async () => {
    const output = almanac.output()

    expect(output).toMatch(
      /Database: +postgres:\/\/almanac:[^@*\s]+@127\.0\.0\.1:\d+\/almanac\n[^]*GraphQL: [^]*Web: /,
    )
    expect(output.match(/postgres:\/\//g)).toHaveLength(1)
    expect(await queryOne(almanac, 'select current_database()')).toBe('almanac')
    expect(await answers(almanac)).toBe(true)
  })

  test('nothing is asked of a DBA: the embedded database has what Almanac needs', async () => {
    expect(almanac.output()).not.toMatch(/DBA|grant |warning/i)
    expect(
      await queryOne(
        almanac,
        `select pg_has_role(r.rolname, 'pg_signal_backend', 'usage') from pg_roles r where rolname = 'almanac'`,
      ),
    ).toBe(true)
  })

  test('the database is UTF8, and only its owner can read its password', async () => {
    expect(await queryOne(almanac, 'show server_encoding')).toBe('UTF8')
    expect(await queryOne(almanac, `select lower('ÄÉ')`)).toBe('äé')
    expect(((await stat(join(dataDir, 'database.json'))).mode & 0o777).toString(8)).toBe('600')
  })

  test('a new database has three example schedules', async () => {
    expect(await queryOne(almanac, 'select count(*)::int from almanac.schedules where not is_system')).toBe(3)
  })

  test('status, db and login-link find what runs by its folder', async () => {
    const [status, db, link] = ['status', 'db', 'login-link'].map((command) =>
      runAlmanac({ dataDir, args: [command] }),
    )

    expect(await Promise.all([status!.ended, db!.ended, link!.ended])).toEqual([0, 0, 0])
    expect(status!.output()).toMatch(/Worker: .*active[^]*Schedules: +3 active\n[^]*Ledger: +\S/)
    expect(db!.output().trim()).toBe(DATABASE.exec(almanac.output())![0])
    expect(link!.output()).toMatch(new RegExp(`^${addressOf(almanac)}/\\S+#\\S+\\n$`))
  })

  test('a second command on the folder says that the first is running, and where', async () => {
    const second = runAlmanac({ dataDir })

    expect(await second.ended).toBe(1)
    expect(second.output()).toContain(`is already running on ${dataDir}, at ${addressOf(almanac)}`)
    expect(await answers(almanac)).toBe(true)
  })

  test.each([
    ['the server', 0],
    ['the worker', 1],
  ])('%s is restarted when it is killed', async (_name, index) => {
    const killed = (await processesOf(dataDir)).parts[index]!

    process.kill(killed.pid, 'SIGKILL')

    await until('another one runs', async () => {
      const part = (await processesOf(dataDir)).parts[index]
      return part !== undefined && part.pid !== killed.pid && isAlive(part)
    })
    await until('the web address answers', () => answers(almanac))
  })

  test('the database is restarted when it is killed, with all it had', async () => {
    const { postmaster } = await processesOf(dataDir)
    const from = almanac.output().length

    process.kill(postmaster.pid, 'SIGKILL')

    await almanac.printed(/The database is running again/, from)
    expect(await queryOne(almanac, 'select count(*)::int from almanac.schedules where not is_system')).toBe(3)
  })

  test('SIGTERM ends everything, the database last', async () => {
    const processes = await processesOf(dataDir)
    await queryOne(almanac, 'delete from almanac.schedules where not is_system')

    expect(await stop(almanac)).toBe(0)

    expect(Object.values(processes).flat().filter(isAlive)).toEqual([])
    await expect(stat(join(dataDir, 'running.json'))).rejects.toThrow('ENOENT')
  })

  test('a killed command takes its processes with it, and the next start works', async () => {
    almanac = runAlmanac({ dataDir })
    await almanac.printed(READY)
    const processes = await processesOf(dataDir)

    almanac.process.kill('SIGKILL')
    await almanac.ended
    almanac = runAlmanac({ dataDir })
    await almanac.printed(READY)

    await untilGone(processes)
    expect(await answers(almanac)).toBe(true)
  })

  test('examples that were deleted do not come back', async () => {
    expect(
      await queryOne(
        almanac,
        'select count(*)::int from almanac.schedules where not is_system and deleted_at is null',
      ),
    ).toBe(0)
  })

  test('without a next start, nothing is left of a killed command either', async () => {
    const processes = await processesOf(dataDir)

    almanac.process.kill('SIGKILL')

    await untilGone(processes)
  })
})

describe('a command that npm started', () => {
  const program = ['npm', 'start', '--silent', '--', '--current'] as const
  const dataDir = () => join(folder, 'npm')

  test('is ended through npm, which waits for it', async () => {
    const npm = runAlmanac({ dataDir: dataDir(), program })
    await npm.printed(READY)
    const { command, parts, postmaster } = await processesOf(dataDir())

    expect(await stop(npm)).toBe(0)

    expect([command, ...parts, postmaster].filter(isAlive)).toEqual([])
  })

  test('ends when npm is killed', async () => {
    const npm = runAlmanac({ dataDir: dataDir(), program })
    await npm.printed(READY)
    const processes = await processesOf(dataDir())

    npm.process.kill('SIGKILL')

    await untilGone(processes)
  })
})

test('Ctrl-C, which reaches every process of the terminal, ends all in order', async () => {
  const dataDir = join(folder, 'ctrl-c')
  const almanac = runAlmanac({ dataDir })
  await almanac.printed(READY)
  const processes = await processesOf(dataDir)

  process.kill(-almanac.process.pid!, 'SIGINT')

  expect(await almanac.ended).toBe(0)
  await untilGone(processes)
  expect(almanac.output()).not.toMatch(/restarting it|terminat|error/i)
})

test('a port in use is named, with the setting that changes it', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo

  const almanac = runAlmanac({ dataDir: join(folder, 'port'), environment: { PORT: String(port) } })

  expect(await almanac.ended).toBe(1)
  expect(almanac.output()).toContain(
    `Another program uses port ${port} of 127.0.0.1, perhaps another "almanac server" or "almanac start".\n` +
      `Stop it, or set PORT to one that is free: PORT=${port + 1}.`,
  )
  other.close()
})

test.runIf(process.getuid?.() === 0)('as root, a folder that no one else can enter works too', async () => {
  const closed = join(folder, 'closed')
  await mkdir(closed, { mode: 0o700 })
  const almanac = runAlmanac({ dataDir: join(closed, 'data') })
  await almanac.printed(READY)
  const { postmaster } = await processesOf(join(closed, 'data'))

  const owner = (await stat(`/proc/${postmaster.pid}`)).uid
  const outside = /kept in (\S+)/.exec(almanac.output())![1]!
  expect(owner).not.toBe(0)
  expect(await stop(almanac)).toBe(0)
  expect(identify(postmaster.pid)).toBeNull()
  await rm(outside, { recursive: true })
})
