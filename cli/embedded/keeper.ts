import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { asUser, type OsUser } from './osUser.ts'

/** A process that stops the database once all who hold its lifeline have ended, were it by `kill -9`. */
export interface Keeper {
  /** Pass it on to processes that still need the database when this one is gone. */
  readonly lifeline: Socket
  /** Lets the keeper go. What is still running is stopped by it now. */
  release(): Promise<void>
}

const STOP = 'cat >/dev/null; "$1" stop -D "$2" -m fast -w -t 60 >/dev/null 2>&1'
const STOP_AND_REMOVE = 'cat >/dev/null; "$1" stop -D "$2" -m immediate -w -t 60 >/dev/null 2>&1; rm -rf "$2"'

export interface KeeperOptions {
  readonly pg_ctl: string
  readonly dataDirectory: string
  readonly user: OsUser | null
  readonly removeData: boolean
}

/** Starts the keeper: a shell that waits for the end of its input. */
export function startKeeper({ pg_ctl, dataDirectory, user, removeData }: KeeperOptions): Keeper {
  const script = removeData ? STOP_AND_REMOVE : STOP
  const child = spawn('/bin/sh', ['-c', script, 'almanac-keeper', pg_ctl, dataDirectory], {
    ...asUser(user),
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  const exited = once(child, 'exit')
  const lifeline = child.stdin as Socket
  lifeline.on('error', () => undefined)
  return {
    lifeline,
    async release() {
      lifeline.destroy()
      await exited
    },
  }
}
