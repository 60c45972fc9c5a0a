import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { LIMITS } from './limits/limits.ts'

export interface ConnectionBounds {
  /** Connections of HTTP and sockets. */
  readonly most: number
  /** Of one connection, requests that are answered at once. */
  readonly requests: number
  /** How long a request's headers may take, and all of it. */
  readonly headersMs: number
  readonly requestMs: number
  /** How long an answer may take, from the request until its client has read all of it. */
  readonly answerMs: number
  /** How long a connection is kept for the next request. */
  readonly keepAliveMs: number
  /** How often these times are looked at. */
  readonly checkMs: number
}

export const CONNECTION_BOUNDS: ConnectionBounds = {
  most: LIMITS.clientConnections,
  requests: LIMITS.requestsPerConnection,
  headersMs: LIMITS.headersMs,
  requestMs: LIMITS.requestMs,
  answerMs: LIMITS.answerMs,
  keepAliveMs: LIMITS.keepAliveMs,
  checkMs: 1_000,
}

/**
 * A server that has only so many connections, and keeps none for long whose client sends or reads nothing. One connection more
 * ends the oldest that waits for its client: that has sent no whole request yet, or has its answer; and if there is none, the
 * oldest whose client has not read what was sent. So anyone who holds connections open without a word takes them from
 * no one.
 */
export function createBoundServer(listener: RequestListener, bounds: ConnectionBounds): Server {
  const http = createServer(
    {
      headersTimeout: bounds.headersMs,
      requestTimeout: bounds.requestMs,
      keepAliveTimeout: bounds.keepAliveMs,
      connectionsCheckingInterval: bounds.checkMs,
    },
    listener,
  )
  http.timeout = 3 * bounds.requestMs
  // Timers run before the network is read: after a second in which the loop was busy, what a client has sent in time is
  // there, unread. Node leaves it to this listener to end the connection; between two immediates the network is read.
  http.on('timeout', (socket: Socket) => {
    const { bytesRead } = socket
    const end = () => {
      if (socket.bytesRead === bytesRead) socket.destroy()
    }
    setImmediate(() => setImmediate(end))
  })
  const open = new Set<Socket>()
  // In the order in which they began to wait.
  const waiting = new Set<Socket>()
  // How many requests of each are being answered, in the order in which the first of them came.
  const answering = new Map<Socket, number>()

  http.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      waiting.delete(socket)
      answering.delete(socket)
    })
    if (open.size > bounds.most) {
      const [oldest = firstUnread(answering.keys()) ?? socket] = waiting
      // What is destroyed no longer counts, though its end is told later.
      for (const kept of [open, waiting, answering]) kept.delete(oldest)
      oldest.destroy()
    }
    if (!socket.destroyed) waiting.add(socket)
  })

  // Before the server's own listener: it may answer at once.
  http.prependListener('request', (request, response) => {
    const { socket } = request
    const count = (answering.get(socket) ?? 0) + 1
    answering.set(socket, count)
    if (count > bounds.requests) socket.destroy()
    if (hasBody(request)) request.once('end', () => waiting.delete(socket))
    else waiting.delete(socket)
    const impatience = setTimeout(() => socket.destroy(), bounds.answerMs)
    response.once('close', () => {
      clearTimeout(impatience)
      const left = (answering.get(socket) ?? 1) - 1
      if (left > 0) return answering.set(socket, left)
      answering.delete(socket)
      if (!socket.destroyed) waiting.add(socket)
    })
  })

  // A socket's connection has limits of its own.
  http.prependListener('upgrade', (_request, socket) => waiting.delete(socket as Socket))
  return http
}

function firstUnread(sockets: Iterable<Socket>): Socket | undefined {
  for (const socket of sockets) if (socket.writableLength > 0) return socket
  return undefined
}

function hasBody({ headers }: IncomingMessage): boolean {
  return 'transfer-encoding' in headers || Number(headers['content-length'] ?? 0) > 0
}
