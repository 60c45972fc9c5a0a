export { describeError, soundError } from './describeError.ts'

/** Where messages for whoever runs the worker go. */
export type Log = (level: 'error' | 'warning' | 'info' | 'debug', message: string) => void
