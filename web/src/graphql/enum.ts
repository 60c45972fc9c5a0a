import type { introspection } from './introspection.generated.d.ts'

type Types = introspection['types']

/** A value of an enum of the database, by the enum's name in GraphQL. */
export type EnumValue<Name extends keyof Types> = Types[Name] extends {
  enumValues: infer Value extends string
}
  ? Value
  : never

/** Lists values by a record that has each of them, in its order: one that the database has and the record lacks is an error. */
export function valuesOf<Value extends string>(record: Record<Value, unknown>): readonly Value[] {
  return Object.keys(record) as Value[]
}
