import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { ClosingSocket } from './closingSocket.ts'

it('what comes after a socket was told to close is not looked at', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', WebSocket: ClosingSocket })
  const seen: string[] = []
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      seen.push(data.toString())
      if (data.toString() === 'second') socket.close(1013)
    })
  })
  await once(server, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await once(client, 'open')
  const closed = once(client, 'close')

  for (const message of ['first', 'second', 'third', 'fourth']) client.send(message)

  expect((await closed)[0]).toBe(1013)
  expect(seen).toEqual(['first', 'second'])
  await new Promise((resolve) => server.close(resolve))
})
