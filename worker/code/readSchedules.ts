import { readFile, stat } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseDocument } from 'yaml'

/** What a file defines. */
export interface SchedulesFile {
  /** Its name, for messages. */
  readonly file: string
  readonly owner: string
  readonly version: string
  readonly definitions: readonly unknown[]
}

const NAMES = ['schedules.ts', 'schedules.js', 'schedules.json', 'schedules.yaml', 'schedules.yml']
const MODULES = ['.ts', '.mts', '.js', '.mjs']
const LARGEST = 8_000_000
/** Deeper than any payload may be. */
const DEEPEST = 200

/** The file that is meant where none is named: the one that there is. */
export async function findSchedules(folder: string): Promise<string> {
  const found: string[] = []
  for (const name of NAMES) if (await stat(resolve(folder, name)).catch(() => null)) found.push(name)
  if (found.length === 1) return resolve(folder, found[0]!)
  throw new Error(
    found.length > 1
      ? `There are several: ${found.join(', ')}. Name the one that is meant.`
      : `There is no ${NAMES.join(', ')} in ${folder}. Name the file that defines the schedules.`,
  )
}

/**
 * Reads a file of schedules: a module whose default export is made by defineSchedules(), or JSON or YAML with an array of
 * definitions, or with owner, version and schedules. Whether each definition is right, the database says.
 */
export async function readSchedules(path: string, declaredVersion?: string): Promise<SchedulesFile> {
  const file = basename(path)
  const found = await stat(path).catch((cause: unknown) => {
    throw new Error(`The file ${path} could not be read.`, { cause })
  })
  if (found.size > LARGEST) throw new Error(`${file} has more than ${LARGEST} bytes.`)
  const content = await load(path, file)
  const read: unknown = Array.isArray(content) ? { schedules: content } : content
  if (!isObject(read) || !Array.isArray(read['schedules']))
    throw new Error(
      `${file} must be an array of schedules, or an object with "schedules", "owner" and "version".`,
    )
  const unknown = Object.keys(read).find((key) => !['owner', 'version', 'schedules'].includes(key))
  if (unknown !== undefined)
    throw new Error(`${file}, field ${unknown}: only owner, version and schedules stand next to each other.`)
  const text = (key: 'owner' | 'version'): string | undefined => {
    const value = read[key]
    if (value === undefined || typeof value === 'string') return value
    throw new Error(`${file}, field ${key}: it must be a text. Write it in quotes.`)
  }
  return {
    file,
    owner: text('owner') ?? 'app',
    version: text('version') ?? declaredVersion ?? found.mtime.toISOString(),
    definitions: (read['schedules'] as readonly unknown[]).map((entry, index) =>
      asJson(entry, `${file}, ${entryName(index, entry)}`),
    ),
  }
}

/** Which entry of a file is meant, as a person counts them. */
export function entryName(index: number, entry: unknown): string {
  const name = isObject(entry) && typeof entry['name'] === 'string' ? ` ("${entry['name']}")` : ''
  return `entry ${index + 1}${name}`
}

async function load(path: string, file: string): Promise<unknown> {
  const kind = extname(path)
  if (MODULES.includes(kind)) {
    const module: unknown = await import(pathToFileURL(path).href).catch((cause: unknown) => {
      throw new Error(`${file} could not be loaded.`, { cause })
    })
    if ((module as { default?: unknown }).default === undefined)
      throw new Error(`${file} has no default export: export default defineSchedules(tasks, [ … ])`)
    return (module as { default: unknown }).default
  }
  const text = await readFile(path, 'utf8')
  try {
    if (kind === '.json') return JSON.parse(text)
    if (kind === '.yaml' || kind === '.yml') {
      const document = parseDocument(text)
      if (document.errors[0]) throw document.errors[0]
      return document.toJS({ maxAliasCount: 1000 })
    }
  } catch (cause) {
    throw new Error(`${file} could not be read.`, { cause })
  }
  throw new Error(`${file} must end in ${[...MODULES, '.json', '.yaml', '.yml'].join(', ')}.`)
}

/** As JSON has it, of what code may put there: no functions, and times as texts. */
function asJson(value: unknown, place: string, depth = 0): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  if (depth > DEEPEST) throw new Error(`${place}: it nests too deeply.`)
  if (Array.isArray(value))
    return value.map((item, index) => asJson(item, depth === 0 ? place : `${place}/${index}`, depth + 1))
  if (isObject(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null))
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [
          key,
          asJson(item, depth === 0 ? `${place}, field ${key}` : `${place}/${key}`, depth + 1),
        ]),
    )
  throw new Error(`${place}: JSON has no such value (${typeof value}).`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
