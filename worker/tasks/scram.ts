import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

/** What PostgreSQL takes itself: they slow down whoever guesses a person's password. */
const ITERATIONS = 4096

/**
 * What PostgreSQL keeps of a password, to be sent in its place: a statement that fails, or is logged, then tells no one
 * the password. A database that has Almanac makes its own for `almanac:sql` (almanac_private.scram_verifier); this one is
 * for a server without it, and for statements that a DBA runs. A test compares both.
 */
export function scramVerifier(
  password: string,
  { salt = randomBytes(16), iterations = ITERATIONS }: { salt?: Buffer; iterations?: number } = {},
): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`
}
