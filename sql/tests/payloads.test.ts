import { readFile } from 'node:fs/promises'
import type { ClientBase } from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const SCHEMA = {
  type: 'object',
  required: ['team'],
  properties: {
    team: { type: 'string', minLength: 1 },
    to: { type: 'array', items: { $ref: '#/$defs/address' } },
    size: { oneOf: [{ type: 'integer' }, { enum: ['small', 'large'] }] },
  },
  additionalProperties: false,
  examples: [{ team: 'sales' }],
  $defs: { address: { type: 'string', format: 'email' } },
}

/** An object of that many entries. */
const numbered = (count: number, entry: (n: number) => [string, unknown]) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => entry(n)))

const db = useTestDatabase()
beforeAll(async () => {
  await db.query(`select almanac.register_task('report', payload_schema => $1)`, [SCHEMA])
  await db.query(`
    select almanac.schedule_cron('kept', '0 3 * * *', 'report', '{"team": "sales"}');
    select almanac.schedule_cron('kept, other', '0 3 * * *', 'almanac:noop', '{"team": 5}')`)
})

describe('a payload that does not fit the schema of its task', () => {
  const WAYS: Readonly<Record<string, string>> = {
    insert: `insert into almanac.schedules (name, kind, task_identifier, payload) values ('x', 'manual', 'report', $1)`,
    update: `update almanac.schedules set payload = $1 where name = 'kept'`,
    'an update of the task': `update almanac.schedules set task_identifier = 'report' where $1::jsonb is not null and name = 'kept, other'`,
    schedule_cron: `select almanac.schedule_cron('x', '0 3 * * *', 'report', $1)`,
    schedule_every: `select almanac.schedule_every('x', '1 hour', 'report', $1)`,
    schedule_at: `select almanac.schedule_at('x', now() + interval '1 hour', 'report', $1)`,
    trigger_now: `select almanac.trigger_now('kept', $1)`,
    preview: `select * from almanac.preview(jsonb_build_object(
      'kind', 'manual', 'task_identifier', 'report', 'payload', $1::jsonb))`,
    preview_change: `select * from almanac.preview_change('kept', jsonb_build_object('payload', $1::jsonb))`,
  }

  it.each([
    ['almanac_admin', 'mine'],
    ['almanac_operator', 'mine'],
    [null, 'kept'],
  ])('is refused with its place, as %s', (role, name) =>
    inTransaction(db, async (client) => {
      const tryAll = async (on: ClientBase) => {
        for (const [way, statement] of Object.entries(WAYS)) {
          await on.query('savepoint before')
          expect([way, await refusal(on.query(statement.replace('kept', name), [{ team: 5 }]))]).toEqual([
            way,
            {
              code: 'AL006',
              column: 'payload',
              message: 'The payload does not fit the task report.',
              detail: '/team is 5, must be text.',
              hint: `For example {"team": "sales"}. See: select payload_schema from almanac.tasks where identifier = 'report'.`,
            },
          ])
          await on.query('rollback to before')
        }
      }
      if (role === null) await tryAll(client)
      else
        await asRole(client, role, async (on) => {
          await on.query(`
            select almanac.schedule_cron('mine', '0 3 * * *', 'report', '{"team": "sales"}');
            select almanac.schedule_cron('mine, other', '0 3 * * *', 'almanac:noop', '{"team": 5}')`)
          await tryAll(on)
        })
    }),
  )

  it.each([
    ['{}', '/team is missing.'],
    ['{"team": "a", "tem": 1}', '/tem is not known; known are size, team, to.'],
    ['{"team": "a", "to": ["a@example.com", "b"]}', '/to/1 is "b", must be an e-mail address.'],
    [
      '{"team": "a", "size": "huge"}',
      '/size is "huge", must fit one of the alternatives; for the first: must be a whole number.',
    ],
    ['{"team": ""}', '/team is "", must have at least 1 characters.'],
    ['{"team": null, "to": 5}', '/to is 5, must be a list; /team is null, must be text.'],
  ])('says what is there and what is wanted: %s', (payload, detail) =>
    inTransaction(db, async (client) => {
      const error = await refusal(client.query(`select almanac.trigger_now('kept', $1)`, [payload]))
      expect(error).toMatchObject({ code: 'AL006', detail })
    }),
  )
})

it('answers a form with rows, as a viewer too', () =>
  asRole(db, 'almanac_viewer', async (client) => {
    const ask = async (task: string, payload: string) =>
      (await client.query(`select * from almanac.payload_errors($1, $2)`, [task, payload])).rows as unknown[]

    expect(await ask('report', '{"to": [1], "a/b~": 2}')).toEqual([
      { path: '/team', message: 'is missing' },
      { path: '/to/0', message: 'is 1, must be text' },
      { path: '/a~1b~0', message: 'is not known; known are size, team, to' },
    ])
    expect(await ask('almanac:noop', '{"a": 1}')).toEqual([])
  }))

it('a form is told that its task is unknown', () =>
  inTransaction(db, async (client) => {
    const error = await refusal(client.query(`select * from almanac.payload_errors('reports', '{}')`))

    expect(error).toMatchObject({ code: 'AL005', column: 'task_identifier' })
    expect(error.hint).toContain(`Did you mean 'report'?`)
  }))

describe('a payload that is too large', () => {
  const TEXT = `jsonb_build_object('a', repeat('x', 300000))`
  const NUMBERS = `jsonb_build_object('a', array_fill(1, array[200000]))`

  it.each([
    ['a form', `select * from almanac.payload_errors('almanac:noop', ${TEXT})`, 'This one has 300009.'],
    [
      'a form, before it is written out as text',
      `select * from almanac.payload_errors('almanac:noop', ${NUMBERS})`,
      /^This one has more than 5990\d\d\.$/,
    ],
    [
      'trigger_now',
      `select almanac.trigger_now('kept, other', ${NUMBERS})`,
      /^This one has more than 5990\d\d\.$/,
    ],
    [
      'insert',
      `insert into almanac.schedules (name, kind, task_identifier, payload)
       values ('x', 'manual', 'almanac:noop', ${NUMBERS})`,
      /^This one has more than 5990\d\d\.$/,
    ],
    [
      'schedule_cron, before it is copied',
      `select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', ${NUMBERS})`,
      /^This one has 2400\d\d\d\.$/,
    ],
    [
      'update_schedule, before it is copied',
      `select almanac.update_schedule(1, jsonb_build_object('payload', ${NUMBERS}))`,
      /^This one has 2400\d\d\d\.$/,
    ],
  ])('is refused in %s', (_, statement, detail) =>
    inTransaction(db, async (client) => {
      const error = await refusal(client.query(statement))

      expect(error).toMatchObject({ code: 'AL019', column: 'payload' })
      expect(error.detail).toMatch(detail)
    }),
  )
})

it('is refused as docs/payloads.md shows', () =>
  inTransaction(db, async (client) => {
    const page = await readFile(new URL('../../docs/payloads.md', import.meta.url), 'utf8')
    const [, registered] = /^(select almanac\.register_task\('report'[^]*?);$/m.exec(page)!
    await client.query(registered!)

    const { message, detail, hint } = await refusal(
      client.query(
        `select almanac.schedule_cron('x', '0 3 * * *', 'report', '{"to": ["a@example.com", 5], "copy": 1}')`,
      ),
    )

    expect(page).toContain(`ERROR:  ${message}\nDETAIL:  ${detail}\nHINT:  ${hint}\n`)
  }))

describe('after a change of the schema', () => {
  const change = (client: ClientBase) =>
    client.query(
      `select almanac.register_task('report', payload_schema => '{"required": ["year"], "properties": {"year": {"type": "integer"}}}')`,
    )

  it('a schedule can be changed, paused and deleted with the payload that it has', () =>
    inTransaction(db, async (client) => {
      await change(client)
      await client.query(
        `update almanac.schedules set cron_expression = '0 4 * * *', priority = 2 where name = 'kept'`,
      )
      await client.query(`select almanac.pause('kept')`)
      await client.query(`select almanac.resume('kept')`)
      await client.query(`select almanac.unschedule('kept')`)
    }))

  it('its payload is not triggered, and not written again elsewhere', () =>
    inTransaction(db, async (client) => {
      await change(client)
      const error = await refusal(client.query(`select almanac.trigger_now('kept')`))
      expect(error).toMatchObject({ code: 'AL006', detail: '/year is missing.' })
    }))
})

describe('a schema', () => {
  it('that is not a schema is refused with the places', () =>
    inTransaction(db, async (client) => {
      const error = await refusal(
        client.query(
          `select almanac.register_task('x', payload_schema => '{"type": "text", "properties": {"a": {"minimum": "1"}}, "items": {"$ref": "#/$defs/none"}}')`,
        ),
      )
      expect(error).toMatchObject({
        code: 'AL019',
        column: 'payload_schema',
        detail:
          '/properties/a/minimum: must be a number, not "1"; /type: must be object, array, string, number, integer, boolean, null, or a list of these, not "text"; /items/$ref: there is nothing at #/$defs/none.',
      })
    }))

  it('of which a part is not checked is registered with a warning, and says so in almanac.tasks', () =>
    inTransaction(db, async (client) => {
      const notices: string[] = []
      const listen = ({ message }: { message?: string | undefined }) => notices.push(message ?? '')
      client.on('notice', listen)
      const { rows } = await client.query(
        `select (almanac.register_task('x', payload_schema =>
          '{"properties": {"a": {"format": "hostname", "unevaluatedItems": false, "x-order": 1}}}')).schema_problems`,
      )
      client.off('notice', listen)
      expect(rows[0]).toEqual({
        schema_problems: ['/properties/a/format: hostname', '/properties/a/unevaluatedItems'],
      })
      expect(notices).toEqual(['Task x is registered, but not all of its JSON Schema is checked.'])
    }))

  it('of a worker is kept whatever it is, and the worker is told', () =>
    asRole(db, 'almanac_worker', async (client) => {
      const { rows } = await client.query<{ told: string[] }>(
        `select almanac_private.announce_tasks('[{"identifier": "x", "payload_schema": {"type": "text", "$anchor": "a"}}]') as told`,
      )
      expect(rows[0]?.told).toEqual([
        expect.stringContaining('x: payload_schema/type: must be object, ') as string,
        'x: payload_schema/$anchor',
      ])
    }))

  it.each([
    ['a reference that leads to itself', '{"$ref": "#"}', '{}', '200 levels'],
    [
      'alternatives of alternatives',
      `{"anyOf": [{"not": {"$ref": "#/$defs/a"}}, {"not": {"$ref": "#/$defs/a"}}], "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}, {"$ref": "#/$defs/b"}, {"$ref": "#/$defs/b"}, {"$ref": "#/$defs/b"}]}, "b": {"properties": {"l": {"items": {"allOf": [true, {"type": "integer"}, {"minimum": 0}]}}}}}}`,
      JSON.stringify({ l: Array.from({ length: 2000 }, (_, n) => n) }),
      '20,000 steps',
    ],
    [
      'each key by each pattern',
      JSON.stringify({ patternProperties: numbered(200, (n) => [`a${n}$`, {}]) }),
      JSON.stringify(numbered(1_000, (n) => [`k${n}`, n])),
      '20,000 steps',
    ],
    [
      'a large value again and again',
      JSON.stringify({ allOf: Array.from({ length: 100 }, () => ({ maxProperties: 100_000 })) }),
      JSON.stringify(numbered(15_000, (n) => [`k${n}`, n])),
      '20,000 steps',
    ],
    [
      'a long text by patterns',
      JSON.stringify({
        properties: { a: { allOf: Array.from({ length: 20 }, () => ({ pattern: '(a|b)*a(a|b){9}$' })) } },
      }),
      JSON.stringify({ a: `${'b'.repeat(200_000)}abbbbbbbbb` }),
      '20,000 steps',
    ],
  ])('that takes too long is refused when it is used: %s', (_, schema, payload, most) =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.register_task('x', payload_schema => $1)`, [schema])
      const error = await refusal(
        client.query(`select almanac.schedule_cron('x', '0 3 * * *', 'x', $1)`, [payload]),
      )
      expect(error).toMatchObject({
        code: 'AL019',
        column: 'payload',
        detail: expect.stringContaining(most) as string,
      })
    }),
  )
})

it('the schema of a built-in task says the order of all fields that it has', async () => {
  const rows = await db.query<{ task: string; names: string[]; order: string[] | null }>(`
    with recursive parts(task, part) as (
      select identifier, payload_schema from almanac.tasks where is_builtin and payload_schema is not null
      union all
      select p.task, e.value from parts p, jsonb_each(p.part -> 'properties') e where jsonb_typeof(p.part -> 'properties') = 'object'
    )
    select task, array(select jsonb_object_keys(part -> 'properties') order by 1) as names,
      array(select jsonb_array_elements_text(part -> 'x-order') order by 1) as order
    from parts where jsonb_typeof(part -> 'properties') = 'object' order by task`)

  expect(rows.map(({ task }) => task)).toEqual([
    'almanac:email',
    'almanac:http',
    'almanac:report',
    'almanac:report',
    'almanac:report',
    'almanac:sql',
  ])
  for (const { task, names, order } of rows) expect([task, order]).toEqual([task, names])
})
