import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MIGRATIONS_FOLDER } from '../process/migrationRecord.ts'

const INCLUDE = /^--!include (\S+\.sql)$/gm
const INCLUDED = /^--! Included (\S+)$[\s\S]*?^--! EndIncluded \1$/gm

/** The migration in the making, current.sql, with the files that it includes, named by their place in sql/. */
export async function readCurrent(migrationsFolder = MIGRATIONS_FOLDER): Promise<string> {
  const text = await readIfThere(join(migrationsFolder, 'current.sql'))
  return await withIncluded(text ?? '', migrationsFolder)
}

/** Whether there is a migration in the making. */
export async function hasCurrent(migrationsFolder?: string): Promise<boolean> {
  const text = await readCurrent(migrationsFolder)
  return text.split('\n').some((line) => !/^\s*(--.*)?$/.test(line))
}

/**
 * Puts included files in the place of their lines, between lines that name them. graphile-migrate, which would take them
 * from a folder `fixtures` only, writes the same lines.
 */
export async function withIncluded(text: string, migrationsFolder: string): Promise<string> {
  const paths = new Set([...text.matchAll(INCLUDE)].map(([, path]) => path!))
  const files = new Map<string, string>()
  for (const path of paths) {
    const file = await readIfThere(join(migrationsFolder, '..', path))
    if (file === null) throw new Error(`current.sql includes ${path}, which does not exist.`)
    files.set(path, `--! Included ${path}\n${file.trim()}\n--! EndIncluded ${path}`)
  }
  return text.replace(INCLUDE, (_line, path: string) => files.get(path)!)
}

/** The text as it was before its files were included. */
export function withIncludes(text: string): string {
  return text.replace(INCLUDED, '--!include $1')
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
