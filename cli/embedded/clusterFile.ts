import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import * as v from 'valibot'

const ClusterFile = v.object({
  port: v.number(),
  password: v.string(),
  adminPassword: v.string(),
  /** Holds the data and belongs to the user that the database runs as. */
  folder: v.string(),
})

/** What must be known to find an embedded cluster again. */
export type ClusterFile = v.InferOutput<typeof ClusterFile>

const NAME = 'database.json'

/** Reads the file in `dataDir`; `null` when there is no cluster yet. */
export async function readClusterFile(dataDir: string): Promise<ClusterFile | null> {
  const path = join(dataDir, NAME)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  try {
    return v.parse(ClusterFile, JSON.parse(text))
  } catch (cause) {
    throw new Error(`${path} is damaged. Restore it, or set ALMANAC_DATA_DIR to another folder.`, { cause })
  }
}

/** Says which folder is used, and whether there is a database in it. */
export async function folderNote(dataDir: string): Promise<string> {
  return (await readClusterFile(dataDir)) === null
    ? `There is no database in ${dataDir}: a new, empty one is made there. Set ALMANAC_DATA_DIR to use that of another folder.`
    : `Data:     ${dataDir}`
}

/** Writes the file whole or not at all, readable by its owner only. */
export async function writeClusterFile(dataDir: string, file: ClusterFile): Promise<void> {
  const path = join(dataDir, NAME)
  await writeFile(`${path}.new`, JSON.stringify(file, null, 2) + '\n', { mode: 0o600 })
  await rename(`${path}.new`, path)
}

/** A password that needs no escaping in a connection string. */
export function randomPassword(): string {
  return randomBytes(24).toString('base64url')
}

/** `wanted` if no one listens there, otherwise a port that the system chose. */
export async function freePort(wanted = 0): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (wanted !== 0 && error.code === 'EADDRINUSE') resolve(freePort())
      else reject(error)
    })
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
