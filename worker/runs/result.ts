import { inspect } from 'node:util'
import { describeError } from '../../process/describeError.ts'
import type { Redaction } from '../logs/redaction.ts'
import { nestsDeeper } from '../../process/nestsDeeper.ts'
import { cleanString, errorText } from '../../process/storable.ts'

/** Longest result kept, in characters of JSON. */
const LONGEST = 65_536
/** Levels of the deepest result kept, the innermost value included: almanac_private.nests_too_deeply() has the same. */
const DEEPEST = 100
/** What is said of a result that is not kept, in characters. */
const LONGEST_WAS = 1_000

/**
 * What a task returned, as JSON that PostgreSQL takes, without the secrets of the worker; `null`: nothing. Never throws:
 * the task has done its work. Where JSON cannot hold it, a note takes its place: `{"omitted": why, "was": what it looked like}`.
 */
export function resultJson(value: unknown, redaction: Redaction | null = null): string | null {
  if (value === undefined || value === null) return null
  try {
    const text = JSON.stringify(value, (_key, part: unknown) => storable(part, redaction)) as
      string | undefined
    if (text === undefined) return omitted(value, `JSON cannot express a ${typeof value}.`, redaction)
    if (text.length > LONGEST)
      return omitted(value, `The result has ${text.length} characters; up to ${LONGEST} are kept.`, redaction)
    if (nestsDeeper(JSON.parse(text), DEEPEST - 1))
      return omitted(value, `The result has more than ${DEEPEST} levels.`, redaction)
    return text
  } catch (error) {
    return omitted(value, `The result cannot be kept as JSON: ${describeError(error)}`, redaction)
  }
}

/** The note that takes the place of a result that the database refused. */
export function refusedResult(json: string, error: unknown): string {
  const was = errorText(json, LONGEST_WAS)
  return JSON.stringify({
    omitted: `The database refused the result: ${errorText(describeError(error))}`,
    was,
  })
}

function omitted(value: unknown, why: string, redaction: Redaction | null): string {
  const was = look(value)
  return JSON.stringify({
    omitted: errorText(redaction ? redaction.text(why) : why),
    was: errorText(redaction ? redaction.text(was) : was, LONGEST_WAS),
  })
}

function look(value: unknown): string {
  try {
    return inspect(value, { depth: 2, maxArrayLength: 10, maxStringLength: 200, breakLength: Infinity })
  } catch {
    return `It cannot be shown; it is of type ${typeof value}.`
  }
}

function storable(part: unknown, redaction: Redaction | null): unknown {
  const clean = (text: string) => cleanString(redaction ? redaction.text(text) : text)
  if (typeof part === 'string') return clean(part)
  // As PostgreSQL writes them in JSON, which would else have null in their place.
  if (typeof part === 'bigint' || (typeof part === 'number' && !Number.isFinite(part))) return String(part)
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
  const keys = Object.keys(part)
  if (keys.every((key) => clean(key) === key)) return part
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [clean(key), value as unknown]))
}
