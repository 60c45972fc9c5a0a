import { MOST_COUNTED, MOST_ROWS } from '../../shared/counts.ts'

/** What one request, one user and one server are allowed. docs/security.md lists them for people. */
export const LIMITS = {
  /** Rows of a connection that names neither `first` nor `last`. */
  defaultPage: 100,
  /** Rows of a page: `first`, `last` and `maxCount`. */
  mostRows: MOST_ROWS,
  /** Values of an answer, as `operationCost` counts them. */
  mostCost: 75_000,
  /** Rows of a table that `totalCount` counts. */
  mostCounted: MOST_COUNTED,
  /** What PostgreSQL sends for one request. */
  mostReadBytes: 8_000_000,
  /** The answer to one request. */
  mostAnswerBytes: 10_000_000,
  /** Of all answers that were given, what their clients have not read yet. */
  mostUnreadBytes: 30_000_000,
  mostUnreadBytesPerUser: 20_000_000,
  /** Levels of a JSON value in an answer. */
  mostLevels: 500,
  /** Bytes of a request. */
  mostRequestBytes: 100_000,
  /** Tokens of a request's document: parsing and checking more would keep the server from all else for too long. */
  mostTokens: 4_000,
  /** Levels of a document, fragments included. */
  mostDepth: 50,
  /** Levels of what a request's variables hold; a payload has 100 at most. */
  mostVariableLevels: 150,
  /** Documents that were checked, and plans of operations, that are kept. The client's take a third of it. */
  mostDocumentBytes: 30_000_000,
  mostPlanBytes: 60_000_000,
  /** One request's statements, waiting for a connection included. */
  requestMs: 30_000,
  connectionsPerRequest: 2,
  connectionsPerUser: 4,
  connections: 10,
  /** Requests of one user that are worked on at once; others of theirs wait. */
  requestsPerUser: 2,
  requests: 6,
  waitingPerUser: 100,
  /** How long a look-up of a session, or spending a link, may wait for its turn. */
  signInWaitMs: 10_000,
  /** Sessions that are known to have belonged to someone. */
  knownSessions: 10_000,
  /** Links that wait to be spent, and look-ups of sessions that are not known; each for one address. */
  waitingPerAddress: 100,
  /** Connections of HTTP and sockets. When there is one more, the oldest that waits for its client is ended. */
  clientConnections: 2_000,
  /** Requests on one connection that are answered at once: browsers send the next after the answer. */
  requestsPerConnection: 4,
  /** A request's headers take no longer, and its body no longer than `requestMs` with them. */
  headersMs: 10_000,
  /** An answer takes no longer, from the request until all of it is read: even 10 MB, compressed, at 10 kB a second. */
  answerMs: 300_000,
  /** How long a connection is kept for the next request. */
  keepAliveMs: 5_000,
  sockets: 1_000,
  socketsPerUser: 60,
  socketsPerSession: 30,
  subscriptionsPerUser: 300,
  subscriptionsPerSocket: 20,
  mostMessageBytes: 16_000,
  /** Messages on a socket within ten seconds. */
  messagesPer10s: 200,
  /** What may wait to be sent on a socket to a client that does not read. */
  mostUnsentBytes: 1_000_000,
  /** How often open sockets are held against their sessions. */
  sessionCheckMs: 60_000,
  /** How long a client may take to answer that its socket is closed. */
  closeMs: 2_000,
  /** From the socket's opening to its connection_init. */
  initMs: 5_000,
} as const
