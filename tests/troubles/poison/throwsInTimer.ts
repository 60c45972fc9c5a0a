import type { RunHelpers } from '../../../worker/run.ts'

/** Throws where nothing can catch it. */
export default async function throwsInTimer(_payload: unknown, { abortPromise }: RunHelpers): Promise<void> {
  setTimeout(() => {
    throw new Error('poison')
  }, 10)
  await abortPromise
}
