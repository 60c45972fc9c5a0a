/** What one request, one user and one server are allowed. docs/security.md lists them for people. */
export const LIMITS = {
  /** Rows of a connection that names neither `first` nor `last`. */
  defaultPage: 100,
  /** Rows of a page: `first`, `last` and `maxCount`. */
  mostRows: 5_000,
  /** Values of an answer, as `operationCost` counts them. */
  mostCost: 100_000,
  /** What PostgreSQL sends for one request. */
  mostReadBytes: 8_000_000,
  /** The answer to one request. */
  mostAnswerBytes: 10_000_000,
  /** One request's statements, waiting for a connection included. */
  requestMs: 30_000,
  connectionsPerRequest: 2,
  connectionsPerUser: 4,
  connections: 10,
  /** Requests of one user that are worked on at once; others of theirs wait. */
  requestsPerUser: 4,
  requests: 12,
  waitingPerUser: 100,
} as const
