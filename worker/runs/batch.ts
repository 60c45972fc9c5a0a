import { isRefusal } from '../../process/query.ts'

/** Joins requests that come at the same time into one statement. */
export interface Batch<Request, Reply> {
  add(request: Request): Promise<Reply>
}

interface Waiting<Request, Reply> {
  readonly request: Request
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: unknown) => void
}

/**
 * Sends what is at hand at once when idle, else when the statement in flight returns: one request alone waits for
 * nothing, and a herd pays for few statements. `send` answers in the order of the requests. When the database
 * refuses a batch, each of its requests is sent alone, so that one bad value fails only its own request.
 */
export function createBatch<Request, Reply>({
  send,
  maxSize = 1_000,
}: {
  send: (requests: readonly Request[]) => Promise<readonly Reply[]>
  maxSize?: number
}): Batch<Request, Reply> {
  let queue: Waiting<Request, Reply>[] = []
  let busy = false

  async function flush(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.slice(0, maxSize)
      queue = queue.slice(maxSize)
      await answer(batch)
    }
    busy = false
  }

  async function answer(batch: readonly Waiting<Request, Reply>[]): Promise<void> {
    try {
      const replies = await send(batch.map((waiting) => waiting.request))
      batch.forEach((waiting, index) => waiting.resolve(replies[index] as Reply))
    } catch (error) {
      if (batch.length > 1 && isRefusal(error)) {
        for (const waiting of batch) await answer([waiting])
      } else {
        for (const waiting of batch) waiting.reject(error)
      }
    }
  }

  return {
    add(request) {
      return new Promise((resolve, reject) => {
        queue.push({ request, resolve, reject })
        if (!busy) {
          busy = true
          setImmediate(() => void flush())
        }
      })
    },
  }
}
