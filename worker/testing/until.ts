import { setTimeout as delay } from 'node:timers/promises'

/** Asks again until the answer is there; fails with the last state after the deadline. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false>,
  deadline = 15_000,
): Promise<T> {
  const end = performance.now() + deadline
  for (;;) {
    const answer = await ask()
    if (answer !== null && answer !== undefined && answer !== false) return answer
    if (performance.now() > end) throw new Error(`Waited ${deadline} ms in vain: ${what}`)
    await delay(10)
  }
}
