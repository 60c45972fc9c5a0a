import type { RunHelpers } from '../../../worker/run.ts'

/** Leaves a rejection that it does not await. */
export default async function rejects(_payload: unknown, { abortPromise }: RunHelpers): Promise<void> {
  void Promise.reject(new Error('poison'))
  await abortPromise
}
