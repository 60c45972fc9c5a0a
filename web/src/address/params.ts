import * as v from 'valibot'

/** One parameter of an address: how it is read, and what is said where it cannot be. */
export interface Param<Value> {
  /** Reads text, or what a page has put there itself. */
  readonly schema: v.GenericSchema<unknown, Value>
  /** What it is where the address does not say. */
  readonly none: Value
  /** "a date". */
  readonly what: string
  /** What is shown without it: "showing all days". */
  readonly instead: string
}

/** The parameters of a page by their names. */
export type Params = Readonly<Record<string, Param<unknown>>>

/** What they say. */
export type SearchOf<Of extends Params> = {
  -readonly [Name in keyof Of]: Of[Name] extends Param<infer Value> ? Value : never
}

/** Text is all that an address has; a number is one that a page put there. The database has no text with a zero byte. */
const anyText = v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.excludes('\0'))
const longestText = 200

function param<Output, None>(
  schema: v.GenericSchema<unknown, Output>,
  none: None,
  what: string,
  instead: string,
): Param<Output | None> {
  return { schema, none, what, instead }
}

/** Text of at most 200 characters. */
export function text<None>(none: None, what: string, instead: string): Param<string | None> {
  const schema = v.pipe(anyText, v.maxLength(longestText))
  return param(schema, none, `${what} of at most ${longestText} characters`, instead)
}

/** Text that passes a check. */
export function checked<None>(
  isRight: (text: string) => boolean,
  none: None,
  what: string,
  instead: string,
): Param<string | None> {
  return param(v.pipe(anyText, v.check(isRight)), none, what, instead)
}

/** The number of a row of the database. */
export function rowId<None>(none: None, of: string, instead: string): Param<string | None> {
  return checked((id) => /^\d{1,18}$/.test(id), none, `the number of ${of}`, instead)
}

/** One of few words. */
export function oneOf<const Option extends string, const None>(
  options: readonly Option[],
  none: None,
  what: string,
  instead: string,
): Param<Option | None> {
  return param(v.picklist(options), none, `${what} (${options.join(', ')})`, instead)
}

/** True or false. */
export function flag<None>(none: None, instead: string): Param<boolean | None> {
  const schema = v.union([
    v.boolean(),
    v.pipe(
      v.picklist(['true', 'false']),
      v.transform((word) => word === 'true'),
    ),
  ])
  return param(schema, none, 'true or false', instead)
}

/** A whole number from 1 on. */
export function counted(most: number, what: string, instead: string): Param<number> {
  const schema = v.pipe(anyText, v.regex(/^\d{1,9}$/), v.transform(Number), v.minValue(1), v.maxValue(most))
  return param(schema, 1, `${what} from 1 to ${most.toLocaleString('en-GB')}`, instead)
}

const longestQuote = 60

/** What an address says, as it is quoted where it is wrong. */
export function quoted(given: unknown): string {
  const said = Array.isArray(given) ? given.join(', ') : String(given)
  return `“${said.length > longestQuote ? `${said.slice(0, longestQuote)}…` : said}”`
}

/** What an address says, and what is wrong in it. */
export interface ReadSearch<Of extends Params> {
  readonly search: SearchOf<Of>
  /** What was wrong, a sentence each. */
  readonly faults: readonly string[]
  /** The address without that. */
  readonly right: Readonly<Record<string, unknown>>
}

/** Reads what the address of a page says; what is wrong is left out, and told. */
export function readSearch<Of extends Params>(
  params: Of,
  raw: Readonly<Record<string, unknown>>,
): ReadSearch<Of> {
  const faults: string[] = []
  const right: Record<string, unknown> = {}
  const search: Record<string, unknown> = Object.fromEntries(
    Object.entries(params).map(([name, { none }]) => [name, none]),
  )
  for (const [name, given] of Object.entries(raw)) {
    if (given === undefined || given === null || given === '') continue
    const known = Object.hasOwn(params, name) ? params[name] : undefined
    if (known === undefined) {
      faults.push(`${quoted(name)} is not a parameter of this page; it was left out.`)
      continue
    }
    const read = v.safeParse(known.schema, given)
    if (read.success) {
      right[name] = given
      search[name] = read.output
    } else faults.push(`${quoted(given)} is not ${known.what}; ${known.instead}.`)
  }
  return { search: search as SearchOf<Of>, faults, right }
}
