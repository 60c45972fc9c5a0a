import { WebSocket } from 'ws'

/** Once it is being closed, by whoever of this side, nothing that its client still sends is looked at. */
export class ClosingSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    this.removeAllListeners('message')
    super.close(code, reason)
  }
}
