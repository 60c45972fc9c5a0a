import { Worker } from 'node:worker_threads'

/** Holds the CPU of this thread. */
export interface Hold {
  /** Computes without a pause until the condition is met, or for 20 s. */
  readonly hold: () => void
  close(): Promise<number>
}

const LONGEST = 20_000

/** Makes a hold that ends when a statement, asked in a thread of its own, returns a row. */
export function createHold(connectionString: string, condition: string): Hold {
  const memory = new SharedArrayBuffer(4)
  const met = new Int32Array(memory)
  const thread = new Worker(new URL('./holdThread.ts', import.meta.url), {
    workerData: { memory, connectionString, condition },
    execArgv: [],
  })
  return {
    hold() {
      const end = performance.now() + LONGEST
      while (Atomics.load(met, 0) === 0 && performance.now() < end);
    },
    close: () => thread.terminate(),
  }
}
