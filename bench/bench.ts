import type { Log } from '../process/log.ts'
import type { Setting, Settings } from './settings.ts'

/** A measurement. */
export interface Bench<S extends Settings = Settings> {
  readonly name: string
  readonly title: string
  /** Its settings, each of which can be given as an option of that name. */
  readonly defaults: S
  run(context: BenchContext<S>): Promise<Report>
}

/** What a bench works with. */
export interface BenchContext<S extends Settings = Settings> {
  readonly connectionString: string
  readonly settings: { readonly [Name in keyof S]: Wide<S[Name]> }
  readonly log: Log
  /** Prints a line while it runs. */
  readonly say: (line: string) => void
  /** Another migrated database on the same server, by the checkout in `folder`; it is removed with the first. */
  readonly another: (folder?: string) => Promise<string>
}

/** What a bench found. */
export interface Report {
  readonly tables: readonly (readonly Row[])[]
  /** What was not measured and why, verdicts. */
  readonly notes?: readonly string[]
  /** Something is not as it must be. */
  readonly failed?: boolean
}

export type Row = Readonly<Record<string, string | number>>

type Wide<T extends Setting> = T extends number
  ? number
  : T extends boolean
    ? boolean
    : T extends readonly number[]
      ? readonly number[]
      : readonly string[]

/** Gives `run` the types of the settings in `defaults`. */
export function defineBench<const S extends Settings>(bench: Bench<S>): Bench {
  return bench
}
