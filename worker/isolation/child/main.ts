import { Socket } from 'node:net'
import { pathToFileURL } from 'node:url'
import { readFrames } from '../frames.ts'
import { flatten } from '../flatError.ts'
import type { ToTask } from '../messages.ts'
import { serveOwnPackage } from '../../ownPackage.ts'
import { resultJson } from '../../runs/result.ts'
import { createChildHelpers, type ChildHelpers } from './helpers.ts'
import { FROM_WORKER, say } from './line.ts'

/** The process of a task: it does what its worker says, one attempt at a time, and ends with it. */

type Task = (payload: unknown, helpers: unknown) => unknown
type RunMessage = Extract<ToTask, { kind: 'run' }>

serveOwnPackage()

let current: { readonly nth: number; readonly helpers: ChildHelpers } | null = null

const input = new Socket({ fd: FROM_WORKER, readable: true, writable: false })
readFrames(input, (line) => void obey(JSON.parse(line) as ToTask), endAll)
input.once('close', endAll)
input.once('error', endAll)

// Node ends the process after this.
process.on('uncaughtExceptionMonitor', (error, origin) => {
  if (!current) return
  const what = origin === 'unhandledRejection' ? 'An unhandled rejection' : 'An uncaught error'
  const { nth } = current
  const flat = flatten(error)
  say({ kind: 'failed', nth, error: { message: `${what}: ${flat.message}`, cause: flat } })
})

async function obey(message: ToTask): Promise<void> {
  if (message.kind === 'run') return runTask(message)
  if (message.kind === 'answer') current?.helpers.answer(message)
  else if (message.nth === current?.nth) current.helpers.abort(message.reason)
}

async function runTask({ nth, isLast, file, payload, job, run }: RunMessage): Promise<void> {
  const helpers = createChildHelpers({ nth, job: { ...job, payload }, run })
  current = { nth, helpers }
  try {
    const task = await loadTask(file)
    const result = resultJson(await task(payload, helpers.helpers))
    if (isLast) await helpers.end()
    await Promise.all([process.stdout, process.stderr].map(written))
    say({ kind: 'done', nth, result })
  } catch (error) {
    say({ kind: 'failed', nth, error: flatten(error) })
  }
}

/** As Graphile Worker reads a file. */
async function loadTask(file: string): Promise<Task> {
  const module = (await import(pathToFileURL(file).href)) as { default?: unknown }
  const inner = (module.default as { default?: unknown } | undefined)?.default
  const task = typeof inner === 'function' ? inner : module.default
  if (typeof task !== 'function') throw new Error('The default export of its file is not a function.')
  return task as Task
}

/** Resolves when all that was written to it before is on its way. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve())
  })
}

/** The worker is gone, and another has the run. */
function endAll(): void {
  process.kill(-process.pid, 'SIGKILL')
}
