import { beforeAll, describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()
beforeAll(async () => {
  await db.query(`
    select almanac.schedule_cron('plain', '0 3 * * *', 'almanac:noop');
    select almanac.create_calendar('plain');
    insert into almanac.users (username) values ('plain')`)
})

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
  'a saved view': [
    `update almanac.users set saved_views =
       jsonb_build_array(jsonb_build_object('name', $1::text, 'address', '/calendar/week')) where username = 'plain'`,
    'saved_views',
  ],
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
  'is a blank of Braille': 'pay\u2800roll',
  'stands for an object': 'payroll\uFFFC',
  'is shown by few fonts': 'payroll\uE000',
  'is not a character': 'payroll\uFFFE',
  'is a control of another encoding': 'pay\u0085roll',
  'is a space that does not break': 'pay\u00A0roll',
  'is a thin space': 'pay\u2009roll',
  'is one space of two': 'pay  roll',
  'is a space before it': ' payroll',
  'breaks the line': 'pay\nroll',
  'an accent makes of its letter': 'cafe\u0301',
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

it('the error says how to write an accent', () =>
  inTransaction(db, async (client) => {
    expect(await refusal(client.query(NAMED['a schedule'][0], ['cafe\u0301']))).toMatchObject({
      code: 'AL019',
      column: 'name',
      message: 'A name must be normalized: its letters and their accents are one character each (NFC).',
      hint: `Use normalize('cafe\u0301', NFC).`,
    })
  }))

describe('a text has nothing that changes the direction of what is next to it:', () => {
  /** $1: the text. */
  const TEXTS: Readonly<Record<string, string>> = {
    'schedules.description': `update almanac.schedules set description = $1 where name = 'plain'`,
    'schedules.pause_reason': `select almanac.pause('plain', $1)`,
    'exclusion_calendars.description': `select almanac.update_calendar('plain', jsonb_build_object('description', $1::text))`,
    'calendar_entries.label': `select almanac.exclude_dates('plain', '2030-01-01', label => $1)`,
    'known_tasks.label': `select almanac.register_task('t', $1)`,
    'known_tasks.description': `select almanac.register_task('t', 'T', $1)`,
    'occurrence_overrides.reason': `select almanac.skip_occurrence('plain',
       (select u.scheduled_for from almanac.upcoming('plain') u limit 1), $1)`,
    'stops.reason': `select almanac.pause_all($1)`,
  }

  it.each(Object.entries(TEXTS))('%s', (field, statement) =>
    inTransaction(db, async (client) => {
      const column = field.split('.')[1]!
      for (const text of ['pay \u202Ellor', '\u2066x', 'x\u2069']) {
        const refused = await refusal(asRole(client, 'almanac_admin', (as) => as.query(statement, [text])))
        expect(refused).toMatchObject({ code: 'AL019', column })
        expect(refused.message).toBe(`${column} has a character that changes the direction of text.`)
      }
      // Marks of direction belong to such texts, joiners and accents too.
      await asRole(client, 'almanac_admin', (as) =>
        as.query(statement, ['\u05E9\u05DB\u05E8 (CRM)\u200F, \u{1F469}\u200D\u{1F4BB}, cafe\u0301']),
      )
    }),
  )

  it('what a worker says of its tasks, and a file of its events, is kept without it', () =>
    inTransaction(db, async (client) => {
      const said = 'pay \u202Ellor'
      await asRole(client, 'almanac_worker', (as) =>
        as.query(
          `select almanac_private.announce_tasks(jsonb_build_array(jsonb_build_object(
             'identifier', 'said', 'label', $1::text, 'description', $1::text)))`,
          [said],
        ),
      )
      await client.query(
        `select almanac.import_exclusions('plain', 'x.ics',
           jsonb_build_array(jsonb_build_object('starts_on', '2030-01-01', 'label', $1::text)))`,
        [said],
      )

      const { rows } = await client.query(
        `select label from almanac.tasks where identifier = 'said'
         union all select description from almanac.tasks where identifier = 'said'
         union all select label from almanac.calendar_entries where source = 'x.ics'`,
      )
      expect(rows).toEqual([{ label: 'pay llor' }, { label: 'pay llor' }, { label: 'pay llor' }])
    }))
})

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

it.each([
  'Überweisung 3',
  'שכר',
  'رواتب',
  '給与',
  'café \u{1F4B0}',
  'x\u0301',
  '\u1100\u3000x',
  '東京\u3000本社',
])('a name may be %s', (name) =>
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
