import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../testing/until.ts'
import { isRunning } from './testing/isolatedRun.ts'

/** The processes that one has started, and that have not ended. */
function childrenOf(parent: number): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const [, state, ppid] = /\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
      return Number(ppid) === parent && state !== 'Z'
    } catch {
      return false
    }
  })
}

function endAfterTest(pid: number): string {
  onTestFinished(() => {
    if (isRunning(String(pid))) process.kill(pid, 'SIGKILL')
  })
  return String(pid)
}

/** A process group that runs until it is ended. */
function startGroup(): string {
  return endAfterTest(spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).pid!)
}

test.runIf(process.platform === 'linux').each([0, 1, 2])(
  'no group continues without its worker, whose keeper was killed %i times',
  async (times) => {
    const [kept, gone] = [startGroup(), startGroup()]
    const worker = fork(join(import.meta.dirname, 'testing/keeping.ts'), [kept, gone])
    const pid = Number(endAfterTest(worker.pid!))
    const keepers: string[] = []
    const next = () =>
      until('a keeper runs', () => Promise.resolve(childrenOf(pid).find((one) => !keepers.includes(one))))
    for (let nth = 0; nth <= times; nth++) {
      keepers.push(await next())
      // It is told of its groups in the turn in which it is started.
      worker.send('there?')
      await once(worker, 'message')
      if (nth < times) process.kill(Number(keepers[nth]), 'SIGKILL')
    }

    worker.kill('SIGKILL')
    await once(worker, 'exit')

    await until('its group has ended', () => Promise.resolve(!isRunning(kept)))
    await until('its last keeper has ended', () => Promise.resolve(!isRunning(keepers[times]!)))
    expect([keepers.length, isRunning(gone)]).toEqual([times + 1, true])
  },
)
