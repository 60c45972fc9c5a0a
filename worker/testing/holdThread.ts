import { workerData } from 'node:worker_threads'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'

/** Asks until the answer is a row, and says so in memory that the thread which waits can read while it computes. */
const { memory, connectionString, condition } = workerData as {
  memory: SharedArrayBuffer
  connectionString: string
  condition: string
}
const client = new Client({ connectionString })
await client.connect()
while ((await client.query(condition)).rowCount === 0) await delay(50)
Atomics.store(new Int32Array(memory), 0, 1)
await client.end()
