import { parseArgs } from 'node:util'
import type { Command } from './commands.ts'
import { UsageError } from './usageError.ts'

/** What was typed after the name of a command. */
export interface Typed {
  readonly flags: Readonly<Record<string, boolean>>
  readonly values: Readonly<Record<string, string>>
  readonly positionals: readonly string[]
}

/** Reads what follows the name of a command, and refuses what the command does not know. */
export function readArguments(name: string, command: Command, args: readonly string[]): Typed {
  const { values: valued = [] } = command
  const known = ['help', ...command.options, ...valued]
  const refuse = (problem: string) => new UsageError(`${problem}\nUsage: ${usageOf(command)}`)
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      ...Object.fromEntries(valued.map((name) => [name, { type: 'string' as const }])),
    },
    strict: false,
    tokens: true,
  })
  const flags: Record<string, boolean> = {}
  const values: Record<string, string> = {}
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    if (!known.includes(token.name))
      throw refuse(
        `"almanac ${name}" has no option ${token.rawName}.${suggestion(
          token.rawName,
          known.map((option) => `--${option}`),
        )}`,
      )
    if (valued.includes(token.name)) {
      if (!token.value) throw refuse(`The option ${token.rawName} needs a value: ${token.rawName}=….`)
      values[token.name] = token.value
      continue
    }
    if (token.inlineValue === true) throw refuse(`The option ${token.rawName} takes no value.`)
    flags[token.name] = true
  }
  if (flags['help']) return { flags, values, positionals }
  const { required = [], optional = [] } = command.arguments ?? {}
  const [surplus] = positionals.slice(required.length + optional.length)
  if (surplus !== undefined) throw refuse(`"almanac ${name}" takes no argument "${surplus}".`)
  const missing = required.slice(positionals.filter((value) => value !== '').length)
  if (missing.length > 0) throw refuse(`"almanac ${name}" needs ${missing.join(' and ')}.`)
  return { flags, values, positionals }
}

/** The first line of a command's help. */
function usageOf({ help }: Command): string {
  return help.split('\n', 1)[0]!
}

/** ` Did you mean …` if one of the names is close to what was typed. */
export function suggestion(typed: string, names: readonly string[]): string {
  const [nearest] = names
    .map((name) => ({ name, distance: distance(typed.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  return nearest && nearest.distance <= Math.max(2, typed.length / 4)
    ? ` Did you mean "${nearest.name}"?`
    : ''
}

/** How many letters must be added, left out or changed; two that are swapped count as one. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(
        rows[i - 1]![j]! + 1,
        row[j - 1]! + 1,
        rows[i - 1]![j - 1]! + change,
        isSwap ? rows[i - 2]![j - 2]! + 1 : Infinity,
      )
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}
