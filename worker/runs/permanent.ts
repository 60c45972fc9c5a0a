const permanent = new WeakSet<object>()

/** Marks an error that another attempt would only meet again: its attempt is the run's last. */
export function markPermanent<Failure extends Error>(error: Failure): Failure {
  permanent.add(error)
  return error
}

/** Whether another attempt is of no use after what was thrown, whatever that is. */
export function isPermanent(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && permanent.has(thrown)
}
