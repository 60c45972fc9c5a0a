import { functionOrder } from './functionOrder.ts'

/** A heading at the begin of a line, up to the next one. */
const FUNCTIONS = /^-- Functions -+\n[\s\S]*?(?=^-- \w[^\n]* -{5,}\n)/m
const INCLUDE = /^--!include (\S+)\n/gm

/**
 * The baseline with includes in place of files: its section of functions remade, of all files that it does not include
 * elsewhere; and behind it what current.sql has besides includes.
 */
export function baselineBody(given: {
  readonly baseline: string
  readonly current: string
  readonly functions: ReadonlyMap<string, string>
}): string {
  const written = given.baseline.replace(FUNCTIONS, '')
  const elsewhere = new Set([...written.matchAll(INCLUDE)].map(([, path]) => path!))
  const files = functionOrder(given.functions).filter((path) => !elsewhere.has(path))
  const heading = '-- Functions '.padEnd(118, '-')
  const section = `${heading}\n\n${files.map((path) => `--!include ${path}\n`).join('')}\n`
  if (!FUNCTIONS.test(given.baseline)) throw new Error('The baseline has no section "-- Functions ---".')
  return given.baseline.replace(FUNCTIONS, () => section) + besides(given.current)
}

function besides(current: string): string {
  const text = current.replace(INCLUDE, '').trim()
  return text.split('\n').every((line) => /^\s*(--.*)?$/.test(line)) ? '' : `\n${text}\n`
}
