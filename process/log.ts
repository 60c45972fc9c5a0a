export { describeError, soundError } from './describeError.ts'

/** Where messages for the worker's operator go. */
export type Log = (level: 'error' | 'warning' | 'info' | 'debug', message: string) => void
