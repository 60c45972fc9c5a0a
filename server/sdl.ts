import { makeSchema } from 'postgraphile'
import { lexicographicSortSchema, printSchema } from 'postgraphile/graphql'
import { createPreset } from './preset.ts'

/** The GraphQL schema that a database gives, sorted. */
export async function printSdl(connectionString: string): Promise<string> {
  const { schema, resolvedPreset } = await makeSchema(
    createPreset({ connectionString, subscriber: null, whoIs: () => undefined }),
  )
  for (const service of resolvedPreset.pgServices ?? []) await service.release?.()
  return `${printSchema(lexicographicSortSchema(schema))}\n`
}
