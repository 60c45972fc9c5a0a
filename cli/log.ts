import type { Log } from '../process/log.ts'

/** Writes lines for a person: news to standard output, trouble to standard error. */
export function createLog(name?: string): Log {
  const prefix = name ? `${name}: ` : ''
  return (level, message) => {
    if (level === 'debug') return
    const line = `${prefix}${message}\n`
    if (level === 'info') process.stdout.write(line)
    else process.stderr.write(line)
  }
}
