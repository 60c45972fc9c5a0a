/** What was typed cannot be meant: the process ends with 2, as is usual for that. */
export class UsageError extends Error {}
