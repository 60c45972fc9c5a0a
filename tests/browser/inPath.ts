import { existsSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/** Playwright wants a whole path. */
export function inPath(program: string): string {
  if (isAbsolute(program)) return program
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, program)).find(existsSync) ?? program
}
