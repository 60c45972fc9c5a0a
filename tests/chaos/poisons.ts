import { setTimeout as delay } from 'node:timers/promises'

/** What a task may do to the process that it runs in. */
export const POISONS: Readonly<Record<string, () => void | Promise<void>>> = {
  /** For longer than a worker may go unheard. */
  'holds the CPU'() {
    const end = Date.now() + 20_000
    while (Date.now() < end);
  },
  exits() {
    process.exit()
  },
  'throws what is not text'() {
    const request: Record<string, unknown> = {}
    request['request'] = request
    throw Object.assign(new Error('Request failed'), { message: request })
  },
  async 'rejects where no one waits'() {
    void Promise.reject(new Error('No one waits for this.'))
    await delay(50)
  },
  async 'throws in a timer'() {
    setTimeout(() => {
      throw new Error('Thrown in a timer.')
    })
    await delay(50)
  },
}
