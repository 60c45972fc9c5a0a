import { WorkerPreset } from 'graphile-worker'
import { almanacPreset } from 'almanac/worker'

export default {
  // All that Almanac needs of a project: its preset.
  extends: [WorkerPreset, almanacPreset()],
  worker: { concurrentJobs: 4 },
} satisfies GraphileConfig.Preset
