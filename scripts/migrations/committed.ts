import { calculateHash } from 'graphile-migrate/dist/hash.js'
import { serializeMigration, type FileMigration } from 'graphile-migrate/dist/migration.js'

/** A committed migration as a file, the way graphile-migrate writes it. */
export function committed(
  body: string,
  message: string,
  previous: Pick<FileMigration, 'filename' | 'hash'> | null,
): { name: string; text: string } {
  const number = String(Number.parseInt(previous?.filename ?? '0', 10) + 1).padStart(6, '0')
  const slug = message
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60)
  return {
    name: `${number}-${slug}.sql`,
    text: serializeMigration(body, {
      Previous: previous?.hash ?? '-',
      Hash: calculateHash(body, previous?.hash ?? null),
      Message: message.replaceAll(/\s+/g, ' '),
    }),
  }
}
