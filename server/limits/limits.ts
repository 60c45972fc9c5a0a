/** What one request, one user and one server are allowed. docs/security.md lists them for people. */
export const LIMITS = {
  /** Rows of a connection that names neither `first` nor `last`. */
  defaultPage: 100,
  /** Rows of a page: `first`, `last` and `maxCount`. */
  mostRows: 5_000,
  /** Values of an answer, as `operationCost` counts them. */
  mostCost: 75_000,
  /** What PostgreSQL sends for one request. */
  mostReadBytes: 8_000_000,
  /** The answer to one request. */
  mostAnswerBytes: 10_000_000,
  /** Levels of a JSON value in an answer. */
  mostLevels: 500,
  /** One request's statements, waiting for a connection included. */
  requestMs: 30_000,
  connectionsPerRequest: 2,
  connectionsPerUser: 4,
  connections: 10,
  /** Requests of one user that are worked on at once; others of theirs wait. */
  requestsPerUser: 3,
  requests: 9,
  waitingPerUser: 100,
  sockets: 1_000,
  socketsPerUser: 60,
  socketsPerSession: 30,
  subscriptionsPerUser: 300,
  subscriptionsPerSocket: 20,
  mostMessageBytes: 16_000,
  /** Messages on a socket within ten seconds. */
  messagesPer10s: 200,
  /** What may wait to be sent to a client that does not read. */
  mostUnsentBytes: 1_000_000,
  /** From the socket's opening to its connection_init. */
  initMs: 5_000,
} as const
