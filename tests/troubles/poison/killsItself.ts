import { kill, pid } from 'node:process'

/** Ends the process by a signal that nothing can catch. */
export default function killsItself(): void {
  kill(pid, 'SIGKILL')
}
