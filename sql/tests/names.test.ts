import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  asRole,
  createTestDatabase,
  inTransaction,
  type TestDatabase,
} from '../../tests/database/createTestDatabase.ts'
import { refusal } from './sqlError.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
  await db.query(`
    select almanac.schedule_cron('plain', '0 3 * * *', 'almanac:noop');
    select almanac.create_calendar('plain');
    insert into almanac.users (username) values ('plain')`)
})
afterAll(() => db.drop())

/** $1: a name. */
const NAMED = {
  'a schedule': [`select almanac.schedule_cron($1, '0 3 * * *', 'almanac:noop')`, 'name'],
  'a schedule that is renamed': [`update almanac.schedules set name = $1 where name = 'plain'`, 'name'],
  'a tag': [`update almanac.schedules set tags = array['seen', $1] where name = 'plain'`, 'tags'],
  'a calendar': [`select almanac.create_calendar($1)`, 'name'],
  'a calendar that is renamed': [
    `update almanac.exclusion_calendars set name = $1 where name = 'plain'`,
    'name',
  ],
  'a task': [`select almanac.register_task($1)`, 'identifier'],
  'a user': [`insert into almanac.users (username) values ($1)`, 'username'],
  'a user’s other name': [
    `update almanac.users set display_name = $1 where username = 'plain'`,
    'display_name',
  ],
} as const
const HIDDEN = {
  'overrides the direction': 'pay\u202Eroll',
  'isolates a direction': 'pay\u2066roll',
  'has no width': 'pay\u200Broll',
  'joins without width': 'pay\u200Droll',
  'marks the order of bytes': '\uFEFFpayroll',
  'is a soft hyphen': 'pay\u00ADroll',
  'is a tag beyond the first plane': 'payroll\u{E0041}',
  'parts no letters that would join': 'pay\u200Croll',
  'joins two emoji that stay two': '\u{1F436}\u200D\u{1F431}',
  'follows a family': '\u{1F468}\u200D\u{1F469}\u200D',
  'parts letters that do not join': '\u062F\u200C\u0631',
  'joins what no virama ends': '\u0915\u200D\u0937',
  'chooses a variant of a letter': 'payroll\uFE0F',
} as const

describe.each(Object.entries(NAMED))('the name of %s', (_, [statement, column]) => {
  it.each(Object.entries(HIDDEN))('has no character that %s', (_kind, name) =>
    inTransaction(db, async (client) => {
      const refused = await refusal(asRole(client, 'almanac_admin', (as) => as.query(statement, [name])))

      expect(refused).toMatchObject({ code: expect.stringMatching(/^AL0(19|05)$/) as string, column })
    }),
  )
})

it('the error says which character it is, and where', () =>
  inTransaction(db, async (client) => {
    expect(await refusal(client.query(NAMED['a schedule'][0], ['pay\u202Eroll']))).toMatchObject({
      code: 'AL019',
      message: 'name has an invisible character, or one that changes the direction of text.',
      detail: 'Character 4 is U+202E.',
    })
  }))

it.each([
  ['Persian', '\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645'],
  ['Hindi', '\u0915\u094D\u200D\u0937 \u0915\u094D\u200C\u0937'],
  ['Sinhala', '\u0DC1\u0DCA\u200D\u0DBB\u0DD3'],
  ['a family', '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}'],
  ['a couple', '\u{1F469}\u{1F3FD}\u200D\u2764\uFE0F\u200D\u{1F48B}\u200D\u{1F468}'],
  ['a technologist', '\u{1F469}\u{1F3FF}\u200D\u{1F4BB} on call'],
  ['a runner', '\u{1F3C3}\u{1F3FB}\u200D\u2640\uFE0F'],
  ['a flag of many colours', '\u{1F3F3}\uFE0F\u200D\u{1F308}'],
  ['a flag of tags', '\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}'],
  ['a key', '1\uFE0F\u20E3'],
])('a name may be in %s, whose joiners are seen', (_, name) =>
  inTransaction(db, async (client) => {
    for (const named of ['a schedule', 'a tag', 'a calendar', 'a user’s other name'] as const)
      await client.query(NAMED[named][0], [name])
  }),
)

it.each(['Überweisung 3', 'שכר', 'رواتب', '給与', 'café \u{1F4B0}', 'e\u0301te'])(
  'a name may be %s',
  (name) =>
    inTransaction(db, async (client) => {
      for (const named of ['a schedule', 'a tag', 'a calendar', 'a user’s other name'] as const)
        await client.query(NAMED[named][0], [name])
    }),
)

it('one that is there already can be paused and deleted', () =>
  inTransaction(db, async (client) => {
    await client.query('alter table almanac.schedules disable trigger _500_compute_schedule')
    await client.query(`update almanac.schedules set name = E'pl\\u200Bain', tags = array[E't\\u200Bag']`)
    await client.query('alter table almanac.schedules enable trigger _500_compute_schedule')

    await client.query(`select almanac.pause(E'pl\\u200Bain')`)
    await client.query(`select almanac.unschedule(E'pl\\u200Bain')`)
  }))
