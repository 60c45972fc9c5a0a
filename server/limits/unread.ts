/** Bytes of answers that were given and that their clients have not read. */
export interface UnreadLimits {
  readonly most: number
  readonly mostPerUser: number
}

/** An answer on its way to a client. */
export interface Sent {
  readonly who: string
  readonly bytes: number
  /** Ends it, read or not. */
  readonly end: () => void
}

/**
 * Bounds what waits in memory for clients to read it. Beyond a user's limit, that user's oldest is ended; beyond that of all,
 * the oldest of the one with the most. So a slow reader loses nothing to others who do not read.
 */
export function createUnread({ most, mostPerUser }: UnreadLimits) {
  const held = new Map<string, Set<Sent>>()
  const bytesOf = (answers: Iterable<Sent>) => [...answers].reduce((sum, { bytes }) => sum + bytes, 0)

  function remove(sent: Sent): void {
    const own = held.get(sent.who)
    own?.delete(sent)
    if (own?.size === 0) held.delete(sent.who)
  }

  function endOldestOf(answers: Iterable<Sent>): void {
    const [oldest] = answers
    if (!oldest) return
    remove(oldest)
    oldest.end()
  }

  return {
    /** For an answer that is given; what it returns is called when all of it is read. */
    add(sent: Sent): () => void {
      const own = held.get(sent.who) ?? new Set()
      held.set(sent.who, own.add(sent))
      while (bytesOf(own) > mostPerUser) endOldestOf(own)
      for (;;) {
        const users = [...held.values()].map((answers) => ({ answers, bytes: bytesOf(answers) }))
        if (users.reduce((sum, { bytes }) => sum + bytes, 0) <= most) break
        endOldestOf(users.reduce((one, other) => (other.bytes > one.bytes ? other : one)).answers)
      }
      return () => remove(sent)
    },
  }
}
