import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cgroupProblem, createCgroup } from './cgroup.ts'
import { readIsolation } from './isolation.ts'
import { createPrograms } from './programs.ts'
import { createTaskProcesses } from './taskProcesses.ts'
import { useIsolatedRuns } from './testing/isolatedRun.ts'

// A plain folder in place of the kernel's: what is written where, not what the kernel does with it.
const runs = useIsolatedRuns()
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'almanac-cgroup-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('a folder serves where its user may write to it and memory is delegated', async () => {
  expect(cgroupProblem(join(folder, 'gone'))).toContain('ENOENT')
  await writeFile(join(folder, 'cgroup.subtree_control'), 'cpu pids\n')
  expect(cgroupProblem(folder)).toBe(`${join(folder, 'cgroup.subtree_control')} does not have "memory"`)
  expect(await readFile(join(folder, 'cgroup.subtree_control'), 'utf8')).toBe('+memory')
  await writeFile(join(folder, 'cgroup.subtree_control'), 'cpu memory\n')
  expect(cgroupProblem(folder)).toBeNull()
})

test('a group has its limit, takes all of it at once, and says whether its memory ran out', async () => {
  const group = createCgroup(folder, 'one', 256)
  const at = (file: string) => join(folder, 'one', file)

  expect(await readFile(at('memory.max'), 'utf8')).toBe('268435456')
  expect(await readFile(at('memory.swap.max'), 'utf8')).toBe('0')
  expect(await readFile(at('memory.oom.group'), 'utf8')).toBe('1')
  expect(group.hasRunOut()).toBe(false)
  await writeFile(at('memory.events'), 'low 0\nmax 7\noom 1\noom_kill 1\n')
  expect(group.hasRunOut()).toBe(true)
})

test('a group without processes is removed', async () => {
  await mkdir(join(folder, 'empty'))
  const group = { path: join(folder, 'two') }
  const two = createCgroup(folder, 'two', 64)
  for (const file of ['memory.max', 'memory.swap.max', 'memory.oom.group']) await rm(join(group.path, file))

  const removed = two.remove()
  await rm(join(group.path, 'cgroup.kill'))
  await removed

  expect(existsSync(group.path)).toBe(false)
})

test('a process of a task with a limit on memory enters its group before it is the task’s', async () => {
  const processes = createTaskProcesses({
    programs: createPrograms(folder),
    connectionString: () => undefined,
  })
  const file = await runs.file(
    `const { readdirSync, readFileSync } = await import('node:fs')
     const [group] = readdirSync(payload)
     return { pid: process.pid, entered: Number(readFileSync(payload + '/' + group + '/cgroup.procs', 'utf8')) }`,
  )

  const result = (await runs.run(processes.task(file, readIsolation({ memory: '100 MB' })!), folder)
    .ended) as {
    pid: number
    entered: number
  }

  expect(result.entered).toBe(result.pid)
})
