import type { FileMigration } from 'graphile-migrate/dist/migration.js'

/** Landed migrations stay as they are. These two add columns to almanac.schedules in a way that servers have come to refuse. */
const REFUSED = ['000002.sql', '000004.sql']
const STATEMENT = /alter table almanac\.schedules\s+add column[^;]*;/g
const COLUMN = /(add column (\w+) [^,;]*?) not null default ([^,;]+)/g

/**
 * What is run of a migration. PostgreSQL of November 2026 (15.20, for one) adds no column with a default to a table whose
 * row type a function with a body in standard SQL uses: the default is set after it then, which comes to the same.
 */
export function mended({ filename, body }: FileMigration): string {
  return REFUSED.includes(filename) ? body.replace(STATEMENT, inSteps) : body
}

function inSteps(statement: string): string {
  const columns = [...statement.matchAll(COLUMN)].map(([, , name = '', value = '']) => ({ name, value }))
  const alter = (change: (column: { name: string; value: string }) => string) =>
    `alter table almanac.schedules ${columns.map(change).join(', ')};`
  return [
    statement.replace(COLUMN, '$1'),
    alter(({ name, value }) => `alter column ${name} set default ${value}`),
    `set local almanac.engine to 'on';`,
    `update almanac.schedules set ${columns.map(({ name }) => `${name} = default`).join(', ')};`,
    `set local almanac.engine to 'off';`,
    alter(({ name }) => `alter column ${name} set not null`),
  ].join('\n')
}
