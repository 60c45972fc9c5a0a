type Json = Readonly<Record<string, unknown>>

/** Keywords whose value is a schema, or a list of schemas, and those whose values are schemas by name. */
const SCHEMAS = [
  ...['items', 'prefixItems', 'contains', 'additionalProperties', 'propertyNames'],
  ...['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'],
]
const NAMED = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']

/**
 * The schema with an `x-order` next to each `properties` that has none: the order in which they are written, which the
 * database does not keep, and in which forms have their fields. Throws for one that contains itself.
 */
export function withOrder(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withOrder)
  if (!isObject(schema)) return schema
  const ordered = Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (SCHEMAS.includes(keyword)) return [keyword, withOrder(value)]
      if (!NAMED.includes(keyword) || !isObject(value)) return [keyword, value]
      return [keyword, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withOrder(one)]))]
    }),
  )
  const names = isObject(schema['properties']) ? Object.keys(schema['properties']) : []
  return names.length < 2 || 'x-order' in schema ? ordered : { ...ordered, 'x-order': names }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
