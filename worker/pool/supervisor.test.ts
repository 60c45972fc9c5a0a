import { setImmediate as turn } from 'node:timers/promises'
import type { Runner } from 'graphile-worker'
import { expect, test } from 'vitest'
import { superviseRunner, type Running } from './supervisor.ts'

/** A supervisor whose runners die when the test says so, on a clock of its own. */
async function supervise() {
  const waits: number[] = []
  const messages: string[] = []
  const ended: number[] = []
  let time = 0
  let starts = 0
  let refusals = 0
  let stalled = false
  let failure: Error | null = null
  let die: (error?: Error) => void = () => undefined
  let begun: () => void = () => undefined
  let begins = new Promise<void>((resolve) => (begun = resolve))

  const supervisor = await superviseRunner({
    start(): Promise<Running> {
      if (refusals > 0) {
        refusals--
        return Promise.reject(new Error('refused'))
      }
      const number = ++starts
      const promise = new Promise<void>((resolve, reject) => {
        die = (error) => (error ? reject(error) : resolve())
      })
      begun()
      return Promise.resolve({
        runner: { promise, stop: () => Promise.resolve(die()) } as unknown as Runner,
        end: () => Promise.resolve(void ended.push(number)),
        force: () => undefined,
        hasStalled: () => stalled,
      })
    },
    log: (level, message) => messages.push(`${level}: ${message}`),
    now: () => time,
    pause: (ms) => Promise.resolve(void waits.push(ms)),
  })

  void supervisor.failed.then((error) => (failure = error))
  return {
    /** Why it was abandoned. */
    get failure() {
      return failure?.message
    },
    waits,
    messages,
    ended,
    close: () => supervisor.close(),
    /** The runner dies after so many milliseconds; resolves when the next one has started. */
    async die({
      after = 0,
      refusedStarts = 0,
      error,
      stall = false,
    }: { after?: number; refusedStarts?: number; error?: Error; stall?: boolean } = {}) {
      stalled = stall
      begins = new Promise((resolve) => (begun = resolve))
      refusals = refusedStarts
      time += after
      die(error)
      await begins
      await turn()
    },
  }
}

test('each death in a row is waited for twice as long, up to five seconds', async () => {
  const supervised = await supervise()

  for (let death = 0; death < 9; death++) await supervised.die()

  expect(supervised.waits).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
  expect(supervised.ended).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  await supervised.close()
})

test('starts that fail count as deaths', async () => {
  const supervised = await supervise()

  await supervised.die({ refusedStarts: 3 })
  await supervised.die({ error: new Error('broken') })

  expect(supervised.waits).toEqual([50, 100, 200, 400, 800])
  expect(supervised.messages).toEqual([
    "error: The worker's pool ended. A new one is started.",
    ...Array<string>(3).fill("warning: The worker's pool did not start: refused"),
    "error: The worker's pool ended: broken. A new one is started.",
  ])
  await supervised.close()
})

test('a runner that lived for a minute had nothing wrong with it', async () => {
  const supervised = await supervise()

  for (const after of [0, 0, 60_001, 0]) await supervised.die({ after })

  expect(supervised.waits).toEqual([50, 100, 50, 100])
  await supervised.close()
})

test('three runners in a row that took no jobs are enough', async () => {
  const supervised = await supervise()

  for (const stall of [true, true, false, true, true])
    await supervised.die({ stall, after: stall ? 0 : 60_001 })
  expect(supervised.failure).toBeUndefined()
  void supervised.die({ stall: true })

  await expect.poll(() => supervised.failure).toMatch(/took no jobs with any of 3 pools/)
  expect(supervised.ended).toEqual([1, 2, 3, 4, 5, 6])
})

test('a runner that took jobs for long and then none is the first of a row', async () => {
  const supervised = await supervise()

  for (let stall = 0; stall < 5; stall++) await supervised.die({ stall: true, after: 600_001 })

  expect(supervised.failure).toBeUndefined()
  await supervised.close()
})

test('one that is closed is not started again', async () => {
  const supervised = await supervise()

  await supervised.close()

  expect([supervised.waits, supervised.ended, supervised.messages]).toEqual([[], [1], []])
})
