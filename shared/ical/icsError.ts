/** The text is not a calendar file, or one that cannot be read. */
export class IcsError extends Error {}

/** One event cannot be read; its message says why, and the others stay. */
export class EventError extends Error {}
