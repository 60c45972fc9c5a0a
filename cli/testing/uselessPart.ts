import { runPart } from '../part.ts'

await runPart(
  () => Promise.resolve({ failed: Promise.resolve(new Error('No use')), close: () => Promise.resolve() }),
  () => undefined,
)
