import { cp, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calculateHash } from 'graphile-migrate/dist/hash.js'
import { serializeMigration } from 'graphile-migrate/dist/migration.js'
import { MIGRATIONS_FOLDER, readMigrations } from '../../process/migrationRecord.ts'

/** A folder with the committed migrations and further ones, as a later release has. */
export async function withLater(...bodies: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'almanac-later-'))
  await cp(join(MIGRATIONS_FOLDER, 'committed'), join(folder, 'committed'), { recursive: true })
  let last = (await readMigrations(folder)).at(-1)!
  for (const body of bodies) {
    const number = String(Number.parseInt(last.filename, 10) + 1).padStart(6, '0')
    const text = serializeMigration(body, { Previous: last.hash, Hash: calculateHash(body, last.hash) })
    await writeFile(join(folder, `committed/${number}.sql`), text)
    last = (await readMigrations(folder)).at(-1)!
  }
  return folder
}
