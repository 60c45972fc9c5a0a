import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { folderNote, writeClusterFile } from './clusterFile.ts'
import { connectionStringOf, startCluster } from './cluster.ts'

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'almanac-cluster-'))
  await chmod(dataDir, 0o711)
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

const start = () => startCluster({ dataDir, log: () => undefined })

async function query(connectionString: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}

test('a folder says whether there is a database in it', async () => {
  const folder = join(dataDir, 'another')
  await mkdir(folder)
  expect(await folderNote(folder)).toContain(`There is no database in ${folder}: a new, empty one`)

  await writeClusterFile(folder, { port: 1, password: '', adminPassword: '', folder })

  expect(await folderNote(folder)).toBe(`Data:     ${folder}`)
})

test('data, port and password stay the same across starts', async () => {
  const first = await start()
  await query(first.connectionString, 'create table kept as select 42 as answer')
  await first.stop()

  const second = await start()

  expect(second.connectionString).toBe(first.connectionString)
  expect(await query(second.connectionString, 'table kept')).toEqual([{ answer: 42 }])
  await second.stop()
})

test('it listens on the loopback interface alone, and asks for a password', async () => {
  const cluster = await start()

  const settings = await query(
    cluster.adminConnectionString,
    `select name, setting from pg_settings where name in ('listen_addresses', 'unix_socket_directories') order by name`,
  )
  const methods = await query(
    cluster.adminConnectionString,
    'select distinct auth_method from pg_hba_file_rules order by auth_method',
  )

  expect(settings).toEqual([
    { name: 'listen_addresses', setting: '127.0.0.1' },
    { name: 'unix_socket_directories', setting: '' },
  ])
  expect(methods).toEqual([{ auth_method: 'scram-sha-256' }])
  await cluster.stop()
})

test('the owner is not a superuser', async () => {
  const cluster = await start()

  expect(
    await query(cluster.connectionString, `select current_user, current_setting('is_superuser') as super`),
  ).toEqual([{ current_user: 'almanac', super: 'off' }])
  await cluster.stop()
})

test('the owner of an older cluster may end sessions that block others after the next start', async () => {
  const first = await start()
  await query(first.adminConnectionString, 'revoke pg_signal_backend from almanac')
  await first.stop()

  const second = await start()

  expect(
    await query(second.connectionString, `select pg_has_role('pg_signal_backend', 'usage') as may`),
  ).toEqual([{ may: true }])
  await second.stop()
})

test('a server that was left running is ended before the next starts', async () => {
  const left = await start()

  const next = await start()

  expect(await left.postmaster.ended).toMatch(/code 0/)
  expect(await query(next.connectionString, 'select 1 as one')).toEqual([{ one: 1 }])
  await next.stop()
  await left.stop()
})

test('a number in postmaster.pid that another process has got does not keep the server from starting', async () => {
  const cluster = await start()
  await cluster.stop()
  const file = join(cluster.dataDirectory, 'postmaster.pid')
  await writeFile(file, `${process.pid}\n${cluster.dataDirectory}\n1\n1\n\n\n\nready\n`)

  const next = await start()

  expect(await query(next.connectionString, 'select 1 as one')).toEqual([{ one: 1 }])
  await next.stop()
})

test('another port is taken when the old one is in use', async () => {
  const before = new URL((await connectionStringOf(dataDir))!).port
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(Number(before), '127.0.0.1', resolve))

  const cluster = await start()

  expect(new URL(cluster.connectionString).port).not.toBe(before)
  expect(await connectionStringOf(dataDir)).toBe(cluster.connectionString)
  await cluster.stop()
  other.close()
})

test('a server that died is restarted on the same port', async () => {
  const cluster = await start()
  process.kill(cluster.postmaster.pid, 'SIGKILL')
  await cluster.postmaster.ended

  await cluster.restart()

  expect(await query(cluster.connectionString, 'table kept')).toEqual([{ answer: 42 }])
  await cluster.stop()
})

test('a server that died is restarted once its processes have ended', async () => {
  const cluster = await start()
  const client = new Client({ connectionString: cluster.connectionString })
  client.on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  // Stopped, it does not see that its server is gone.
  process.kill(rows[0]!.pid, 'SIGSTOP')
  process.kill(cluster.postmaster.pid, 'SIGKILL')
  await cluster.postmaster.ended

  const restarted = cluster.restart()
  const log = join(dataDir, 'postgres.log')
  await expect.poll(() => readFile(log, 'utf8'), { timeout: 20_000 }).toMatch(/still in use\n.*\n$/)
  process.kill(rows[0]!.pid, 'SIGCONT')
  await restarted

  expect(await query(cluster.connectionString, 'table kept')).toEqual([{ answer: 42 }])
  await cluster.stop()
})
