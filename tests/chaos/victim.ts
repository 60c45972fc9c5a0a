import { setTimeout as delay } from 'node:timers/promises'
import { startWorker } from '../../worker/main.ts'
import { defineTask } from '../../worker/defineTask.ts'
import { POISONS } from './poisons.ts'
import { GROUP, STEPS } from './steps.ts'

/** A worker process that havoc is wreaked on. Its parent is told when it has started. */
await startWorker({
  connectionString: process.argv[2] ?? '',
  concurrency: 20,
  taskDirectory: '',
  log: (level, message) => console.log(`${new Date().toISOString().slice(11, 23)} ${level}: ${message}`),
  tasks: {
    // Long enough that a killed worker has some of it going on.
    havoc: (_payload, { abortSignal }) => delay(100, undefined, { signal: abortSignal }),
    ...Object.fromEntries(
      Object.entries(STEPS).map(([name, dependsOn]) => [
        name,
        defineTask({
          group: GROUP,
          dependsOn,
          run: (_payload, { abortSignal }) => delay(50, undefined, { signal: abortSignal }),
        }),
      ]),
    ),
    poison: (payload) => POISONS[(payload as { does: string }).does]!(),
  },
})
process.send?.('started')
