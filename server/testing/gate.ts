import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to a database that can be closed: to those behind it, the database has gone. */
export interface Gate {
  /** The URL that goes through the gate. */
  readonly url: string
  /** Breaks what is connected, and lets no one in. */
  shut(): Promise<void>
  open(): Promise<void>
  /** Existing connections no longer hear anything and are told nothing; others may connect. */
  mute(): void
  close(): Promise<void>
}

/** Puts a gate before a database. */
export async function startGate(connectionString: string): Promise<Gate> {
  const target = new URL(connectionString)
  const sockets = new Set<Socket>()
  const server = createServer((outside) => {
    const inside = connect(Number(target.port), target.hostname)
    for (const [socket, other] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo

  async function shut(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    url: Object.assign(new URL(connectionString), { hostname: '127.0.0.1', port: String(port) }).href,
    shut,
    open: () => listen(port),
    mute() {
      for (const socket of sockets) socket.unpipe()
      for (const socket of sockets) socket.pause()
    },
    close: shut,
  }
}
