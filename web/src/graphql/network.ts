import type { ConnectionEvent } from './connection.ts'
import type { Line } from './line.ts'

interface Watched {
  tell: (event: ConnectionEvent) => void
  line: Pick<Line, 'drop' | 'tryNow'>
}

/** Tells when the browser loses its network and finds it again, before any line or question is known to be lost. */
export function watchNetwork(target: EventTarget, { tell, line }: Watched): void {
  target.addEventListener('offline', () => {
    tell('offline')
    line.drop()
  })
  target.addEventListener('online', () => {
    tell('online')
    line.tryNow()
  })
}
