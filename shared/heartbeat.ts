/** Milliseconds between the heartbeats of a worker, unless its set-up says otherwise; a page asks for them as often. */
export const HEARTBEAT_INTERVAL = 5_000
