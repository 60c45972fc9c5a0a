/** What the package gives to a Graphile Worker set-up, as `almanac/worker`. */
export { almanacPreset, type AlmanacOptions } from './preset.ts'
export type { TaskMetadata } from './registry.ts'
export { isRun, type Run, type RunHelpers, type RunTask } from './run.ts'
