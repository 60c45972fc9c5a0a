import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createEmptyDatabase, type OwnTestDatabase } from '../tests/database/createTestDatabase.ts'
import { readMigrations, schemaProblem } from '../process/migrationRecord.ts'
import { blocksOf } from '../tests/documents/blocks.ts'
import { readCurrent } from './currentMigration.ts'
import { applyMigrations } from './migrations.ts'
import { withLater } from './testing/laterMigrations.ts'

/** As CONTRIBUTING.md says that a column of `schedules` is added. */
const ADD_RUNBOOK = `
  alter table almanac.schedules add column if not exists runbook text;
  comment on column almanac.schedules.runbook is 'Address of the page that says what to do when it fails.';
  grant insert (runbook), update (runbook) on almanac.schedules to almanac_operator;`
/** With a default, in steps. */
const ADD_COLOR = `
  alter table almanac.schedules add column if not exists color text;
  set local almanac.engine to 'on';
  update almanac.schedules set color = 'blue' where color is null;
  set local almanac.engine to 'off';
  alter table almanac.schedules alter column color set default 'blue', alter column color set not null;`

let db: OwnTestDatabase
let folder: string | undefined
beforeEach(async () => {
  db = await createEmptyDatabase()
})
afterEach(async () => {
  await db.drop()
  if (folder !== undefined) await rm(folder, { recursive: true })
  folder = undefined
})

const migrate = (migrationsFolder?: string) =>
  applyMigrations({
    connectionString: db.connectionString,
    ...(migrationsFolder === undefined ? {} : { migrationsFolder, withRights: false }),
  })
const recorded = async () =>
  (
    await db.query<{ filename: string }>('select filename from almanac_migrate.migrations order by filename')
  ).map(({ filename }) => filename)
/** Schedules, runs in each state that a release may meet, omissions, overrides, an exclusion calendar. */
const fill = () =>
  db.query(`
    select almanac.register_task('x');
    select almanac.create_calendar('closed');
    select almanac.exclude_dates('closed', '2030-12-24', '2030-12-26');
    select almanac.schedule_cron('daily', '0 3 * * *', 'x', settings => '{"calendars": ["closed"]}');
    select almanac.schedule_every('often', '1 minute', 'x');
    insert into almanac.schedules (name, kind, task_identifier) values ('now', 'manual', 'x'), ('begun', 'manual', 'x');
    select almanac.skip_occurrence('daily', next_scheduled_for) from almanac.schedules where name = 'daily';
    select almanac.trigger_now(name) from almanac.schedules where kind = 'manual';
    select almanac_private.fire_due(now() + interval '3 minutes');
    select almanac.pause('often');
    update graphile_worker._private_jobs j set locked_at = now(), locked_by = 'pool-x'
    from almanac.runs r where j.key = 'run:' || r.id and r.schedule_name = 'begun'`)
const contents = () =>
  db.query(`
    select (to_jsonb(s) - 'runbook' - 'color')::text as row from almanac.schedules s
    union all select to_jsonb(r)::text from almanac.runs r
    union all select to_jsonb(o)::text from almanac.omissions o
    union all select to_jsonb(o)::text from almanac.occurrence_overrides o
    union all select to_jsonb(j)::text from graphile_worker.jobs j order by 1`)

test('a migration comes on top of the ones before, and keeps what a database holds', async () => {
  await migrate()
  await fill()
  const before = await contents()
  folder = await withLater(ADD_RUNBOOK, ADD_COLOR)

  await migrate(folder)

  expect(before.length).toBeGreaterThan(10)
  expect(await contents()).toEqual(before)
  expect(await recorded()).toEqual((await readMigrations(folder)).map(({ filename }) => filename))
  expect(await db.query('select distinct runbook, color from almanac.schedules')).toEqual([
    { runbook: null, color: 'blue' },
  ])
  expect(await db.query('select * from almanac.check_ledger()')).toEqual([])
})

test('one that fails half-way leaves nothing of itself, and those before it done; it continues from there', async () => {
  await migrate()
  await fill()
  const [first] = await recorded()
  folder = await withLater(ADD_RUNBOOK, `${ADD_COLOR}\nselect 1 / 0;`)

  await expect(migrate(folder)).rejects.toThrow(/"000003\.sql"[\s\S]*division by zero/)

  expect(await recorded()).toEqual([first, '000002.sql'])
  expect(
    await db.query(
      `select attname from pg_attribute where attrelid = 'almanac.schedules'::regclass and attname in ('runbook', 'color')`,
    ),
  ).toEqual([{ attname: 'runbook' }])

  await rm(folder, { recursive: true })
  folder = await withLater(ADD_RUNBOOK, ADD_COLOR)
  await migrate(folder)
  expect(await recorded()).toEqual([first, '000002.sql', '000003.sql'])
})

test('a database of a newer release is left as it is', async () => {
  folder = await withLater(ADD_RUNBOOK)
  await migrate(folder)

  await expect(migrate()).rejects.toThrow(
    'The database was migrated by a newer Almanac than this program, which does not know the migration 000002.sql.',
  )

  expect(await recorded()).toHaveLength(2)
})

test.each([
  ['another baseline', `update almanac_migrate.migrations set hash = 'sha1:of another time'`],
  [
    'more migrations than there are now',
    `update almanac_migrate.migrations set hash = 'sha1:of another time';
     insert into almanac_migrate.migrations (hash, filename) values ('sha1:of later', '000002.sql')`,
  ],
  ['no record here', 'drop schema almanac_migrate cascade'],
])(
  'a database of a development version, with %s, is recreated as the documents say',
  async (_what, change) => {
    await migrate()
    await fill()
    await db.query(change)

    await expect(migrate()).rejects.toThrow(
      /was created by a development version of Almanac.*Recreate it: docs\/operations\.md/,
    )
    expect(await schemaProblem(db.query)).toContain('was created by a development version of Almanac')

    const [recipe] = blocksOf('docs/operations.md').filter(({ notRun }) =>
      notRun?.includes('cli/upgrade.test.ts'),
    )
    await db.query(recipe!.code)
    await migrate()

    expect(await schemaProblem(db.query)).toBeNull()
    expect(await db.query(`select key from graphile_worker.jobs order by key`)).toEqual([
      { key: 'schedule:1' },
      { key: 'schedule:2' },
    ])
  },
)

test('no migration adds a column together with its default, which servers refuse where functions use the type of the row', async () => {
  const texts = [...(await readMigrations()).map(({ body }) => body), await readCurrent()]

  expect(texts.join('').match(/\badd column\b[^;]*\bdefault\b[^;]*;/g)).toBeNull()
})
