import { commandOf, identify, isAlive, parentOf, type ProcessIdentity } from './processIdentity.ts'

const LOOK_EVERY_MS = 500

/**
 * The processes between this one and npm, npm included, when `npm start` started us. They end with us; when one of
 * them was killed, no one is left to whom this command belongs. Started manually, a command may outlive its shell.
 */
export function findLaunchers(environment: Readonly<Record<string, string | undefined>>): ProcessIdentity[] {
  if (!environment['npm_lifecycle_event'] && environment['npm_command'] === undefined) return []
  const chain: ProcessIdentity[] = []
  for (let pid = parentOf(process.pid); pid !== null && pid > 1 && chain.length < 4; pid = parentOf(pid)) {
    const found = identify(pid)
    if (!found) return []
    chain.push(found)
    if (/^(npm|npx|pnpm|yarn)\b|[/ ](npm|npx|npm-cli\.js|npx-cli\.js)\b/.test(commandOf(pid))) return chain
  }
  return []
}

/** Calls `onLost` once when one of the launchers has gone. */
export function watchLaunchers(launchers: readonly ProcessIdentity[], onLost: () => void): () => void {
  const timer = setInterval(() => {
    if (launchers.every(isAlive)) return
    clearInterval(timer)
    onLost()
  }, LOOK_EVERY_MS)
  if (launchers.length === 0) clearInterval(timer)
  timer.unref()
  return () => clearInterval(timer)
}
