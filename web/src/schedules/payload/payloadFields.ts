import type { Json } from '../../graphql/graphql.ts'

/** What a schema says of a place in a payload, as far as a form shows it. The database alone decides what fits. */
export type PayloadField =
  | (Base & { readonly is: 'text'; readonly isLong: boolean })
  | (Base & { readonly is: 'number' })
  | (Base & { readonly is: 'boolean' })
  | (Base & { readonly is: 'choice'; readonly choices: readonly Json[] })
  | (Base & { readonly is: 'object'; readonly fields: readonly PayloadField[] })
  | (Base & { readonly is: 'list'; readonly item: PayloadField })
  /** A form has no input for it: it is written as JSON. */
  | (Base & { readonly is: 'other' })

interface Base {
  readonly name: string
  readonly label: string
  readonly description: string | null
  readonly isRequired: boolean
  /** What holds where nothing is given. */
  readonly standard: Json | undefined
}

type JsonObject = Readonly<Record<string, Json>>

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: Json | undefined) => (typeof value === 'string' && value !== '' ? value : null)

/** Schemas may refer to themselves. */
const deepest = 6
const mostFields = 100

/** What a local $ref names, for as many steps as there are; any other schema as it is. */
function resolved(schema: Json | undefined, root: JsonObject): JsonObject {
  let found = schema
  for (let step = 0; step < 10 && isObject(found) && typeof found['$ref'] === 'string'; step++) {
    const [start, ...steps] = found['$ref'].split('/')
    let place: Json | undefined = start === '#' ? root : undefined
    for (const key of steps)
      place = isObject(place)
        ? place[decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')]
        : undefined
    const { $ref: _ref, ...own } = found
    found = isObject(place) ? { ...place, ...own } : own
  }
  return isObject(found) ? found : {}
}

function fieldOf(
  name: string,
  given: Json | undefined,
  root: JsonObject,
  isRequired: boolean,
  depth: number,
): PayloadField {
  const schema = resolved(given, root)
  const base = {
    name,
    label: textOf(schema['title']) ?? name,
    description: textOf(schema['description']),
    isRequired,
    standard: schema['default'],
  }
  const choices = schema['enum']
  if (Array.isArray(choices) && choices.length > 0 && choices.length <= mostFields)
    return { ...base, is: 'choice', choices: choices as readonly Json[] }
  switch (schema['type']) {
    case 'string':
      return { ...base, is: 'text', isLong: schema['contentMediaType'] !== undefined }
    case 'number':
    case 'integer':
      return { ...base, is: 'number' }
    case 'boolean':
      return { ...base, is: 'boolean' }
    case 'array':
      return depth < deepest && isObject(schema['items'])
        ? { ...base, is: 'list', item: fieldOf('', schema['items'], root, true, depth + 1) }
        : { ...base, is: 'other' }
    case 'object':
      return depth < deepest && isObject(schema['properties'])
        ? { ...base, is: 'object', fields: fieldsIn(schema, root, depth + 1) }
        : { ...base, is: 'other' }
    default:
      return { ...base, is: 'other' }
  }
}

function fieldsIn(schema: JsonObject, root: JsonObject, depth: number): PayloadField[] {
  const required = Array.isArray(schema['required']) ? (schema['required'] as readonly Json[]) : []
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  const order = Array.isArray(schema['x-order']) ? (schema['x-order'] as readonly Json[]) : []
  // The database keeps properties by the lengths of their names.
  const names = [...order, ...required].filter(
    (name): name is string => typeof name === 'string' && Object.hasOwn(properties, name),
  )
  return [...new Set([...names, ...Object.keys(properties)])]
    .slice(0, mostFields)
    .map((name): [string, Json] => [name, properties[name] as Json])
    .map(([name, property]) => fieldOf(name, property, root, required.includes(name), depth))
}

/** The fields of a form for a schema; none where it says nothing that a form could show. */
export function payloadFields(schema: unknown): readonly PayloadField[] {
  return isObject(schema) ? fieldsIn(resolved(schema, schema), schema, 0) : []
}

/** The payload that a text is; null while it is not a JSON object. */
export function payloadIn(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text.trim() === '' ? '{}' : text) as Json
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

export const payloadText = (payload: Json): string => JSON.stringify(payload, null, 2)

export type Path = readonly (string | number)[]

/** What is at a place; undefined: nothing. */
export function valueAt(payload: Json | undefined, path: Path): Json | undefined {
  const [step, ...rest] = path
  if (step === undefined) return payload
  if (Array.isArray(payload)) return valueAt((payload as readonly Json[])[Number(step)], rest)
  return isObject(payload) && Object.hasOwn(payload, step) ? valueAt(payload[step], rest) : undefined
}

/** The payload with another value at a place; undefined takes away what is there. */
export function withValueAt(payload: Json | undefined, path: Path, value: Json | undefined): Json {
  const [step, ...rest] = path
  if (step === undefined) return value ?? null
  if (typeof step === 'number') {
    const list = Array.isArray(payload) ? [...(payload as readonly Json[])] : []
    if (rest.length === 0 && value === undefined) list.splice(step, 1)
    else list[step] = withValueAt(list[step], rest, value)
    return list
  }
  // What is not an object gives way, and __proto__ is a name like any other.
  const entries = new Map(isObject(payload) ? Object.entries(payload) : [])
  if (rest.length === 0 && value === undefined) entries.delete(step)
  else entries.set(step, withValueAt(entries.get(step), rest, value))
  return Object.fromEntries(entries)
}

/** What a new item of a list begins as. */
export function emptyOf(field: PayloadField): Json {
  if (field.standard !== undefined) return field.standard
  switch (field.is) {
    case 'number':
      return 0
    case 'boolean':
      return false
    case 'choice':
      return field.choices[0] ?? null
    case 'object':
      return {}
    case 'list':
      return []
    default:
      return ''
  }
}

/** A place as a JSON Pointer, as the database names it. */
export function pointerOf(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
