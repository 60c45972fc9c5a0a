/** The package may be loaded twice, as by a bundled task: what one copy marks, the other sees. */
const PERMANENT = Symbol.for('almanac:permanent')

/** Marks an error that another attempt would only meet again: its attempt is the run's last. */
export function markPermanent<Failure extends Error>(error: Failure): Failure {
  Object.defineProperty(error, PERMANENT, { value: true })
  return error
}

/** Whether another attempt is of no use after what was thrown, whatever that is. Never throws. */
export function isPermanent(thrown: unknown): boolean {
  try {
    return typeof thrown === 'object' && thrown !== null && Reflect.get(thrown, PERMANENT) === true
  } catch {
    return false
  }
}

/** What a task throws when another attempt would fail the same way: its attempt is the run's last. */
export class NonRetryableError extends Error {
  override readonly name = 'NonRetryableError'

  constructor(message?: string, options?: ErrorOptions) {
    super(message, options)
    markPermanent(this)
  }
}
