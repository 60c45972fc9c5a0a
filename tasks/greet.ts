import type { TaskMetadata } from '../worker/taskMetadata.ts'
import type { RunTask } from '../worker/run.ts'

export const metadata: TaskMetadata = {
  label: 'Greeting',
  description: 'Greets someone in the log of the worker: an example to copy.',
  payloadSchema: {
    type: 'object',
    properties: { name: { type: 'string', title: 'Name', default: 'world' } },
  },
  timeout: '1 minute',
}

const greet: RunTask = (payload, { logger, run }) => {
  const greeting = `Hello, ${readName(payload)}!`
  logger.info(`${greeting} (attempt ${run.attempt} of the run of ${run.scheduledFor})`)
  return { greeting }
}

export default greet

function readName(payload: unknown): string {
  if (
    typeof payload === 'object' &&
    payload !== null &&
    'name' in payload &&
    typeof payload.name === 'string'
  ) {
    return payload.name
  }
  return 'world'
}
