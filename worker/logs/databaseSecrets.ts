import { loginOf } from '../../process/databaseUrl.ts'
import type { NamedSecret } from './redaction.ts'

/** A shorter password may be a word that is found elsewhere: it is one next to its login alone. */
const LONG = 16

/** What no one may read of the URL of a database: user and password together, and a long password alone. */
export function databaseSecrets(variable: string, url: string): NamedSecret[] {
  if (!url.includes('://')) return []
  const { name, password } = loginOf(url)
  const together = `${name}:${password}`
  const values = password === '' ? [] : password.length < LONG ? [together] : [together, password]
  return values.map((value) => [variable, { value }])
}
