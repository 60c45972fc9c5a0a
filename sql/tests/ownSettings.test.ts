import type { ClientBase } from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()
beforeAll(async () => {
  await db.query(
    `insert into almanac.users (username, role) values ('vic', 'viewer'), ('bob', 'operator'), ('ada', 'admin')`,
  )
})

const users = [
  ['vic', 'viewer'],
  ['bob', 'operator'],
  ['ada', 'admin'],
] as const

type Username = (typeof users)[number][0]

/** Over the server's login, signed in as a user; rolled back. */
async function signedIn<Result>(
  username: Username,
  fn: (client: ClientBase) => Promise<Result>,
): Promise<Result> {
  const role = users.find(([name]) => name === username)![1]
  const [user] = await db.query<{ id: string }>('select id from almanac.users where username = $1', [
    username,
  ])
  const client = await db.connect('server')
  try {
    await client.query('begin')
    await client.query(`select set_config('jwt.claims.user_id', $1, true), set_config('role', $2, true)`, [
      user!.id,
      `almanac_${role}`,
    ])
    return await fn(client)
  } finally {
    await client.query('rollback')
    await client.end()
  }
}

const change = (client: ClientBase, settings: unknown) =>
  client.query('select * from almanac.change_own_settings($1)', [JSON.stringify(settings)])

const refused = (settings: unknown) => signedIn('bob', (client) => refusal(change(client, settings)))

const own = (client: ClientBase) =>
  client.query(
    'select username, timezone, clock_hours, week_starts_on, saved_views from almanac.signed_in_user()',
  )

describe.each(users)('%s, a signed-in %s', (username) => {
  it('changes what is given, keeps the rest, and touches no one else', () =>
    signedIn(username, async (client) => {
      await change(client, { timezone: 'Europe/Paris', clock_hours: 12, week_starts_on: 7 })
      const { rows } = await change(client, { week_starts_on: null })

      expect(rows).toMatchObject([{ username, timezone: 'Europe/Paris' }])
      expect((await own(client)).rows).toEqual([
        { username, timezone: 'Europe/Paris', clock_hours: 12, week_starts_on: null, saved_views: null },
      ])
      const others = await client.query(
        `select from almanac.users where username <> $1 and (timezone, clock_hours) is distinct from (null, null)`,
        [username],
      )
      expect(others.rowCount).toBe(0)
    }))
})

it('a second zone is one that the server knows, or none', () =>
  signedIn('vic', async (client) => {
    for (const zone of ['Asia/Kolkata', 'none', null])
      expect((await change(client, { second_timezone: zone })).rows).toMatchObject([
        { second_timezone: zone },
      ])
  }))

it('neither role nor name nor anything else of the row is a setting', async () => {
  for (const key of ['role', 'username', 'display_name', 'disabled_at', 'id'])
    expect(await refused({ [key]: 'admin' })).toMatchObject({ code: 'AL009', column: key })
})

it.each([
  [{ timezone: 'Mars/Olympus' }, 'AL002', 'timezone'],
  [{ timezone: '+03' }, 'AL002', 'timezone'],
  [{ second_timezone: 'Mars/Olympus' }, 'AL002', 'second_timezone'],
  [{ second_timezone: '' }, 'AL002', 'second_timezone'],
  [{ clock_hours: 13 }, 'AL019', 'clock_hours'],
  [{ clock_hours: 'noon' }, 'AL019', 'clock_hours'],
  [{ clock_hours: 99999 }, 'AL019', 'clock_hours'],
  [{ week_starts_on: 0 }, 'AL019', 'week_starts_on'],
  [{ week_starts_on: 8 }, 'AL019', 'week_starts_on'],
  [{ colour: 'red' }, 'AL009', 'colour'],
] as const)('%j is refused', async (settings, code, column) => {
  expect(await refused(settings)).toMatchObject({ code, column })
})

it.each([[[]], [null], ['x'], [1]])('settings that are %j are refused', async (settings) => {
  expect(await refused(settings)).toMatchObject({ code: 'AL009' })
})

it('saved views are names and addresses of the calendar', () =>
  signedIn('vic', async (client) => {
    const views = [
      { name: 'Failures', address: '/calendar/week?status=failed' },
      { name: 'Reports', address: '/calendar/month?tag=reports' },
    ]

    await change(client, { saved_views: views })

    expect((await own(client)).rows).toMatchObject([{ saved_views: views }])
  }))

const view = (name: string, address = '/calendar/week') => ({ name, address })

it.each([
  ['no array', {}],
  ['a text', 'x'],
  ['no object', ['x']],
  ['no address', [{ name: 'a' }]],
  ['no name', [{ address: '/calendar/week' }]],
  ['an empty name', [view('')]],
  ['a long name', [view('a'.repeat(101))]],
  ['a name that is not seen', [view('a\u202eb')]],
  ['the same name twice', [view('a'), view('a')]],
  ['another host', [view('a', '//evil.example')]],
  ['a script', [view('a', 'javascript:alert(1)')]],
  ['another page', [view('a', '/settings')]],
  ['a line break', [view('a', '/calendar/week\n')]],
  ['a long address', [view('a', `/calendar/${'a'.repeat(1_000)}`)]],
  ['something more', [{ ...view('a'), more: 1 }]],
  ['too many', Array.from({ length: 51 }, (_, index) => view(`a${index}`))],
  ['too much', Array.from({ length: 20 }, (_, index) => view(`a${index}`, `/calendar/${'a'.repeat(900)}`))],
])('saved views with %s are refused', async (_what, views) => {
  expect(await refused({ saved_views: views })).toMatchObject({ code: 'AL019', column: 'saved_views' })
})

it.each(['viewer', 'operator', 'admin', 'worker', 'owner'] as const)(
  'the %s on its own has no settings',
  async (login) => {
    const client = await db.connect(login)
    await client.query(`set jwt.claims.user_id = '1'`)
    expect(await refusal(change(client, { timezone: 'UTC' }))).toMatchObject({
      code: 'AL013',
      message: 'No user is signed in.',
    })
    await client.end()
  },
)

it('a plain login may not call it', async () => {
  const client = await db.connect('plain')
  expect(await refusal(change(client, {}))).toMatchObject({ code: '42501' })
  await client.end()
})
