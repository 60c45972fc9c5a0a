import { WebSocket } from 'ws'

/** Once this side is closing it, nothing that its client still sends is looked at. */
export class ClosingSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    this.removeAllListeners('message')
    super.close(code, reason)
  }
}
