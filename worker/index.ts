/** What the package gives to a Graphile Worker set-up, as `almanac/worker`. */
export { almanacPreset, type AlmanacOptions } from './preset.ts'
export {
  defineTask,
  type DefinedTask,
  type PayloadSchema,
  type PlainTaskDefinition,
  type TaskDefinition,
} from './defineTask.ts'
export { defineSchedules, type CodeSchedules, type ScheduleDefinition } from './code/defineSchedules.ts'
export type { TaskMetadata } from './taskMetadata.ts'
export { isRun, type Run, type RunHelpers, type RunTask } from './run.ts'
export { NonRetryableError } from './runs/permanent.ts'
