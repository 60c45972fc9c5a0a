import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One row of the table of attacks: what is tried, as whom, and what it must get. */
export interface Attack {
  /** The rule that it would break. */
  readonly rule: string
  readonly text: string
  readonly as: string
  /** What it must get: a code, "rows 0", "value false", "status 403", … */
  readonly gets: string
  /** Why the owner of everything must not try it too. */
  readonly noControl: string | null
}

/**
 * The rows of a folder's files, by file. Each attack is a text after lines of comments:
 *
 *     --! An operator deletes no schedule of another.
 *     --! as operator, server as operator: AL011
 *     --! no control: why not
 *     delete from almanac.schedules where name = 'of ann'
 *
 * with a line "as …" for each different outcome. GraphQL has `#!` for `--!`.
 */
export function readAttacks(folder: string): [string, Attack[]][] {
  const path = join(import.meta.dirname, folder)
  return readdirSync(path)
    .sort()
    .map((file) => [
      file.replace(/\.\w+$/, '').replaceAll('-', ' '),
      readFileSync(join(path, file), 'utf8')
        .trim()
        .split(/\n{2,}/)
        .flatMap(readBlock),
    ])
}

function readBlock(block: string): Attack[] {
  const lines = block.split('\n')
  const notes = lines.filter((line) => /^(?:--|#)! /.test(line)).map((line) => line.replace(/^\S+ /, ''))
  const text = lines.filter((line) => !/^(?:--|#)!/.test(line)).join('\n')
  const [rule = ''] = notes
  const noControl = /^no control: (.+)$/m.exec(notes.join('\n'))?.[1] ?? null
  const attacks = notes.slice(1).flatMap((note) => {
    const [, roles, gets] = /^as ([^:]+): (.+)$/.exec(note) ?? []
    return roles && gets ? roles.split(', ').map((as) => ({ rule, text, as, gets, noControl })) : []
  })
  if (!rule || !text.trim() || attacks.length === 0) throw new Error(`This is not an attack:\n${block}`)
  return attacks
}
