import { makeSchema } from 'postgraphile'
import { lexicographicSortSchema, printSchema } from 'postgraphile/graphql'
import { createPool } from './database.ts'
import { createPreset } from './preset.ts'

/** The GraphQL schema that a database gives, sorted. */
export async function printSdl(connectionString: string): Promise<string> {
  const log = () => undefined
  const pool = createPool({ connectionString, max: 1 }, log)
  try {
    const { schema } = await makeSchema(createPreset({ pool, subscriber: null, whoIs: () => undefined, log }))
    return `${printSchema(lexicographicSortSchema(schema))}\n`
  } finally {
    await pool.end()
  }
}
