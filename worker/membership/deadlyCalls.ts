import { syncBuiltinESMExports } from 'node:module'
import { constants } from 'node:os'

/** Called before the process ends by a call that has no `exit` event, with its text; it may throw instead. */
export type OnDeadlyCall = (call: string) => void

type Kill = (pid: number, signal?: string | number) => true

const listeners = new Set<OnDeadlyCall>()
let restoreCalls: () => void = () => undefined

/** Listens, before those that come later, until the function that it returns is called. */
export function onDeadlyCall(listener: OnDeadlyCall): () => void {
  if (listeners.size === 0) replaceCalls()
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) restoreCalls()
  }
}

function replaceCalls(): void {
  const was = {
    abort: Reflect.get<typeof process, 'abort'>(process, 'abort'),
    kill: Reflect.get<typeof process, 'kill'>(process, 'kill'),
  }
  const ours = {
    abort(): never {
      tell('process.abort()')
      return was.abort.call(process)
    },
    kill: ((pid, signal) => {
      if (isDeadly(pid, signal)) tell(`process.kill(process.pid, '${signal ?? 'SIGTERM'}')`)
      return was.kill.call(process, pid, signal)
    }) satisfies Kill,
  }
  Object.assign(process, ours)
  syncBuiltinESMExports()
  restoreCalls = () => {
    // What someone has put over them stays.
    for (const name of ['abort', 'kill'] as const)
      if (Reflect.get(process, name) === ours[name]) Reflect.set(process, name, was[name])
    syncBuiltinESMExports()
  }
}

function tell(call: string): void {
  for (const listener of listeners) listener(call)
}

/** Signals that end no process, at most stop it; the first two are Node's own. */
const HARMLESS = new Set([
  ...['SIGUSR1', 'SIGPIPE'],
  ...['SIGCHLD', 'SIGCONT', 'SIGIO', 'SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGURG', 'SIGWINCH'],
])

/** Whether such a call ends this process at once: nothing listens to the signal, or nothing can. */
function isDeadly(pid: number, signal: string | number = 'SIGTERM'): boolean {
  if (pid !== process.pid && pid !== 0) return false
  const [name] = Object.entries(constants.signals).find((pair) => pair.includes(signal)) ?? []
  if (name === undefined || HARMLESS.has(name)) return false
  return name === 'SIGKILL' || process.listenerCount(name) === 0
}
