import type { Client } from 'pg'

/** Bytes by name. */
export type Sizes = Readonly<Record<string, number>>

export const IDLE_TABLES = [
  'almanac.schedules',
  'graphile_worker._private_jobs',
  'almanac_private.rule_versions',
]
export const RUN_TABLES = ['almanac.runs', 'almanac.run_attempts']

/** Sizes of tables and of their indexes after a vacuum, with all their partitions. */
export async function bytesOf(client: Client, tables: readonly string[]): Promise<Sizes> {
  await client.query(`vacuum (analyze) ${tables.join(', ')}`)
  const { rows } = await client.query<{ name: string; table: number; indexes: number }>(
    `select t.name, sum(pg_table_size(p.relid))::float8 as table, sum(pg_indexes_size(p.relid))::float8 as indexes
     from unnest($1::text[]) with ordinality t(name, number)
     cross join lateral (
       select t.name::regclass as relid where not exists (select from pg_partition_tree(t.name::regclass))
       union all select relid from pg_partition_tree(t.name::regclass) where isleaf
     ) p
     group by t.name, t.number order by t.number`,
    [tables],
  )
  return Object.fromEntries(
    rows.flatMap(({ name, table, indexes }) => [
      [name, table],
      [`indexes of ${name}`, indexes],
    ]),
  )
}
