/** Jobs that a worker runs at once, unless told otherwise. */
export const DEFAULT_CONCURRENCY = 100
/** Connections of `almanac:sql` that a worker has open at once, unless told otherwise: PostgreSQL allows 100 to all. */
export const DEFAULT_SQL_CONNECTIONS = 10
/** Milliseconds that a task may hold the CPU of its worker without a pause, unless told otherwise. */
export const DEFAULT_BUSY_LIMIT = 60_000

/**
 * What the engine's own statements may take: none waits for a lock without end, nor does anyone who waits behind it.
 * Not for Graphile Worker's connections, which tasks use too.
 */
export const ENGINE_LIMITS = { lockTimeout: 2_000, statementTimeout: 300_000 } as const
