import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { constants, createWriteStream } from 'node:fs'
import { access, open, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip, type Gzip } from 'node:zlib'
import type { PoolClient } from 'pg'

/**
 * The folder for what retention removes, as `ALMANAC_ARCHIVE_DIR` or the preset names it; null: there is none. Rejects if it
 * cannot be written to.
 */
export async function archiveDirectory(named: string | undefined): Promise<string | null> {
  if (named === undefined) return null
  const directory = resolve(named)
  try {
    await access(directory, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new Error(
      `Files cannot be written to ${directory}, which ALMANAC_ARCHIVE_DIR names. Create it, and let this user write there.`,
      { cause: error },
    )
  }
  return directory
}

/** Bytes of JSON after which a file is closed, about. */
const LARGEST_FILE = 256 * 2 ** 20
/** A call reads a thousand runs, by key. */
const LONGEST_CALL = '1min'

/**
 * Writes runs that wait to be archived to one new file in `directory`, gzip of a line of JSON for each run, and returns how many
 * they were. They leave the database once the file is on the disk: a worker that is killed in between leaves them in both, and
 * the next file has them again; the id of a run says which is which. Rejects when the directory cannot be written to, and
 * nothing has left the database then.
 */
export async function writeArchive(
  client: Pick<PoolClient, 'query'>,
  { directory, signal, largest = LARGEST_FILE }: { directory: string; signal: AbortSignal; largest?: number },
): Promise<number> {
  const name = `almanac-runs-${new Date().toISOString().replaceAll(':', '')}-${randomUUID().slice(0, 8)}.ndjson.gz`
  const path = join(directory, name)
  const partial = `${path}.part`
  let file: Gzip | undefined
  await client.query('begin')
  try {
    await client.query(`set local statement_timeout to '${LONGEST_CALL}'`)
    let documents = await take(client)
    if (documents.length === 0) {
      await client.query('commit')
      return 0
    }
    file = createGzip()
    const written = pipeline(file, createWriteStream(partial, { flags: 'wx', mode: 0o640, flush: true }))
    written.catch(() => undefined)
    let count = 0
    let bytes = 0
    while (documents.length > 0) {
      signal.throwIfAborted()
      const text = documents.map((document) => `${document}\n`).join('')
      count += documents.length
      bytes += Buffer.byteLength(text)
      if (!file.write(text)) await Promise.race([written, once(file, 'drain')])
      documents = bytes < largest ? await take(client) : []
    }
    file.end()
    await written
    await rename(partial, path)
    await sync(directory)
    await client.query('commit')
    return count
  } catch (error) {
    file?.destroy()
    await client.query('rollback').catch(() => undefined)
    await rm(partial, { force: true }).catch(() => undefined)
    throw error
  }
}

async function take(client: Pick<PoolClient, 'query'>): Promise<string[]> {
  const { rows } = await client.query<{ document: string }>(
    'select a.document from almanac_private.take_archive() a(document)',
  )
  return rows.map(({ document }) => document)
}

/** A file that was renamed has its name for sure once its directory is on the disk. */
async function sync(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
