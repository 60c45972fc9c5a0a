import type { Task } from 'graphile-worker'

/** The task `almanac:noop`: does nothing and succeeds, for trying a schedule out. */
export const noop: Task = () => undefined
