import { createHash } from 'node:crypto'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identify, isAlive, type ProcessIdentity } from './processIdentity.ts'
import { AlreadyRunningError, readRunning, takeDataDir } from './runningFile.ts'

let dataDir: string
const children: ChildProcess[] = []
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'almanac-running-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(dataDir, { recursive: true, force: true })
})

const take = () => takeDataDir(dataDir, { launchers: [], log: () => undefined })
const gone: ProcessIdentity = { pid: process.pid, startedAt: 'before this one' }

function living(): ProcessIdentity {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' })
  children.push(child)
  return identify(child.pid!)!
}

async function leave(running: {
  command: ProcessIdentity
  launchers?: ProcessIdentity[]
  parts?: ProcessIdentity[]
}) {
  const file = { launchers: [], parts: [], url: null, ...running }
  await writeFile(join(dataDir, 'running.json'), JSON.stringify(file))
}

test('a folder is held by one command only, and free again once released', async () => {
  const held = await take()
  await held.update({ url: 'http://127.0.0.1:5678' })

  await expect(take()).rejects.toThrow(AlreadyRunningError)
  await expect(take()).rejects.toThrow(
    `is already running on ${dataDir}, at http://127.0.0.1:5678 (process ${process.pid})`,
  )

  await held.release()
  await (await take()).release()
})

test('of several that take a folder at once, one gets it', async () => {
  for (let round = 0; round < 20; round++) {
    await leave({ command: { ...gone, startedAt: `before this one, ${round}` } })

    const results = await Promise.allSettled(Array.from({ length: 8 }, take))

    const held = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(held).toHaveLength(1)
    await held[0]!.release()
  }
})

test('a command that was killed while it took the folder does not lock anyone out, and leaves nothing', async () => {
  await leave({ command: gone })
  const stale = await readFile(join(dataDir, 'running.json'), 'utf8')
  const claim = createHash('sha256').update(stale).digest('hex').slice(0, 16)
  await writeFile(join(dataDir, `running.json.${claim}`), JSON.stringify({ command: gone }))

  await (await take()).release()

  expect(await readdir(dataDir)).toEqual([])
})

test('a number that another process has got meanwhile does not count as the command', async () => {
  await leave({ command: gone })

  expect(await readRunning(dataDir)).toBeNull()
  await (await take()).release()
})

test('what a killed command left is ended first', async () => {
  const part = living()
  await leave({ command: gone, parts: [part] })

  await (await take()).release()

  expect(isAlive(part)).toBe(false)
})

test('a command whose npm was killed is ended, not waited for', async () => {
  const command = living()
  const ended = once(children[0]!, 'exit')
  await leave({ command, launchers: [gone] })

  await (await take()).release()

  expect(await ended).toEqual([null, 'SIGTERM'])
})

test('a damaged file does not lock anyone out', async () => {
  await writeFile(join(dataDir, 'running.json'), '{"command"')

  await (await take()).release()
})
