import { run } from 'graphile-worker'
import { almanacPreset } from '../../worker/preset.ts'

/** A host that extends the preset, in a process whose errors end it as Node has it. */
const runner = await run({
  preset: {
    extends: [almanacPreset({ concurrency: 4 })],
    worker: { taskDirectory: process.env['ALMANAC_TASKS_DIR'] ?? '', fileExtensions: ['.ts'] },
  },
  parsedCronItems: [],
})
await runner.promise
