import { expect, test } from 'vitest'
import { mended } from './mendedMigrations.ts'
import { readMigrations } from '../process/migrationRecord.ts'

test('no migration adds a column of schedules together with its default, which servers have come to refuse', async () => {
  const migrations = await readMigrations()

  expect(
    migrations.filter((migration) =>
      /alter table almanac\.schedules\s+add column[^;]*default/.test(mended(migration)),
    ),
  ).toEqual([])
  expect(
    migrations.filter((migration) => mended(migration) !== migration.body).map(({ filename }) => filename),
  ).toEqual(['000002.sql', '000004.sql'])
})

test('the default is set after it, in steps', async () => {
  const migration = (await readMigrations()).find(({ filename }) => filename === '000004.sql')!

  expect(mended(migration)).toContain(
    `alter table almanac.schedules add column is_system boolean;
alter table almanac.schedules alter column is_system set default false;
set local almanac.engine to 'on';
update almanac.schedules set is_system = default;
set local almanac.engine to 'off';
alter table almanac.schedules alter column is_system set not null;`,
  )
})
