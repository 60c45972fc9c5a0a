import type { RunTask } from '../run.ts'

/** The task `almanac:noop`: does nothing and succeeds, for trying a schedule out. */
export const noop: RunTask = () => undefined
