import type { Session, Debugger, Runtime } from 'node:inspector'
import { CURRENT_ATTEMPT } from '../runs/attempt.ts'

/** What the main thread does while it answers nothing. */
export interface Holder {
  readonly runId: string | null
  readonly task: string | null
  /** The innermost calls, the place of each. */
  readonly at: string | null
}

const UNKNOWN: Holder = { runId: null, task: null, at: null }
const PATIENCE = 2_000
const FRAMES = 3

/**
 * Stops the main thread for some milliseconds, wherever in JavaScript it is, and asks it whose code that is. Native
 * code, and a Node that was built without an inspector, tell nothing.
 */
export async function findHolder(): Promise<Holder> {
  const inspector = await import('node:inspector').catch(() => null)
  if (!inspector) return UNKNOWN
  const session = new inspector.Session()
  try {
    session.connectToMainThread()
    return await Promise.race([
      look(session),
      new Promise<Holder>((resolve) => setTimeout(resolve, PATIENCE, UNKNOWN)),
    ])
  } catch {
    return UNKNOWN
  } finally {
    // Also lets the thread go on, and takes back a stop that has not come yet.
    session.disconnect()
  }
}

function look(session: Session): Promise<Holder> {
  const files = new Map<string, string>()
  return new Promise((resolve, reject) => {
    session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => void files.set(scriptId, url))
    session.on('Debugger.paused', ({ params: { callFrames } }) => {
      // Not in the innermost call: within Node's own code an expression does not find the globals.
      session.post(
        'Runtime.evaluate',
        { expression: `globalThis[Symbol.for('${CURRENT_ATTEMPT}')]?.()`, returnByValue: true, silent: true },
        (error, reply) =>
          resolve({ ...(error ? UNKNOWN : readAttempt(reply.result)), at: place(callFrames, files) || null }),
      )
    })
    for (const method of ['Debugger.enable', 'Debugger.pause'] as const)
      session.post(method, (error: Error | null) => {
        if (error) reject(error)
      })
  })
}

function readAttempt({ value }: Runtime.RemoteObject): Pick<Holder, 'runId' | 'task'> {
  const attempt = (value ?? {}) as { runId?: unknown; task?: unknown }
  return {
    runId: typeof attempt.runId === 'string' ? attempt.runId : null,
    task: typeof attempt.task === 'string' ? attempt.task : null,
  }
}

/** The innermost calls; those of Node itself say little. */
function place(frames: readonly Debugger.CallFrame[], files: ReadonlyMap<string, string>): string {
  return frames
    .map(({ functionName, location }) => ({
      name: functionName || '(anonymous)',
      file: files.get(location.scriptId)?.replace(/^file:\/\//, '') || 'unknown',
      line: location.lineNumber + 1,
    }))
    .filter(({ file }) => !file.startsWith('node:'))
    .slice(0, FRAMES)
    .map(({ name, file, line }) => `${name} (${file}:${line})`)
    .join(' < ')
}
