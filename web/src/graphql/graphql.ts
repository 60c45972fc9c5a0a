import { initGraphQLTada } from 'gql.tada'
import type { introspection } from './introspection.generated.d.ts'

/** Any JSON value, as PostgreSQL's jsonb holds it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** Writes a typed document; a bigint and a point in time are strings, so that nothing is rounded. */
export const graphql = initGraphQLTada<{
  introspection: introspection
  scalars: { Cursor: string; BigInt: string; BigFloat: string; Datetime: string; Date: string; JSON: Json }
}>()

export { readFragment } from 'gql.tada'
export type { FragmentOf, ResultOf } from 'gql.tada'
