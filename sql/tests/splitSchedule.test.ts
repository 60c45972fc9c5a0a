import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { at, daily, upcoming } from './movedDaily.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

describe('split_schedule', () => {
  const split = (client: ClientBase, name: string | null = null) =>
    client.query<{ name: string; tags: string[] }>(
      `select name, tags from almanac.split_schedule('x', $1, $2, $3)`,
      [at(6), at(6, '10:15'), name],
    )

  it('leaves what comes before alone, and begins a new schedule of the same definition with the new time', () =>
    inTransaction(db, async (client) => {
      await daily(client, { max_runs: 10 })

      const { rows } = await split(client)

      expect(rows).toEqual([{ name: 'x-2', tags: ['a'] }])
      expect(await upcoming(client, 'x')).toEqual(['04 09:00', '05 09:00'])
      expect(await upcoming(client, 'x-2')).toEqual(['06 10:15', '07 10:15', '08 10:15', '09 10:15'])
      const { rows: runs } = await client.query(`select max_runs from almanac.schedules where name = 'x-2'`)
      expect(runs).toEqual([{ max_runs: 8 }])
    }))

  it('takes the next free name, or the given one', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await client.query(`select almanac.schedule_cron('x-2', '0 9 * * *', 'almanac:noop')`)

      expect((await split(client)).rows[0]?.name).toBe('x-3')
    }))

  it('refuses the first occurrence, for which the rule can change, and someone else’s schedule', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      const first = client.query(`select almanac.split_schedule('x', $1, $2)`, [at(4), at(4, '10:00')])
      expect((await refusal(first)).code).toBe('AL016')
    }))

  it.each(['almanac_admin', null])('keeps it with its author, no matter who splits it (%s)', (role) =>
    inTransaction(db, async (client) => {
      await client.query(`insert into almanac.users (username, role) values ('ann', 'operator')`)
      await asRole(client, 'almanac_operator', (operator) => daily(operator))
      await client.query(
        `update almanac.schedules set owner_user = (select id from almanac.users where username = 'ann') where name = 'x'`,
      )

      if (role === null) await split(client)
      else await asRole(client, role, (admin) => split(admin))

      const { rows } = await client.query(
        `select count(distinct (owner_user, run_as, run_as_key)) as authors, min(run_as) as run_as, count(*) as halves
         from almanac.schedules where name in ('x', 'x-2')`,
      )
      expect(rows).toEqual([{ authors: '1', run_as: 'almanac_operator', halves: '2' }])
    }),
  )

  it('gives no one’s own text the rights of another', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await client.query(`select almanac.schedule_cron('text', '0 9 * * *', 'almanac:noop', '{"a": 1}')`)
      const keep = (copy: string, original: string) =>
        `select almanac_private.keep_author(
           (select id from almanac.schedules where name = '${copy}'),
           (select id from almanac.schedules where name = '${original}'))`

      const other = await refusal(asRole(client, 'almanac_admin', (admin) => admin.query(keep('text', 'x'))))
      expect(other.code).toBe('AL011')
      const taken = await refusal(
        asRole(client, 'almanac_operator', async (operator) => {
          await operator.query(`select almanac.schedule_cron('mine', '0 9 * * *', 'almanac:noop')`)
          await operator.query(keep('mine', 'x'))
        }),
      )
      expect(taken.code).toBe('AL011')
    }))

  it('is for operators, and only of their own schedules', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      const codeOf = async (role: string) => (await refusal(asRole(client, role, (as) => split(as)))).code

      expect(await codeOf('almanac_viewer')).toBe('42501')
      expect(await codeOf('almanac_operator')).toBe('AL011')
    }))
})

describe('what was moved or skipped already', () => {
  const places = async (client: ClientBase, name: string) =>
    (
      await client.query<{ text: string }>(
        `select to_char(o.scheduled_for at time zone 'UTC', 'DD HH24:MI ') || o.action
           || coalesce(to_char(o.moved_to at time zone 'UTC', ' to DD HH24:MI'), '')
           || coalesce(' ' || o.reason, '') as text
         from almanac.occurrence_overrides o join almanac.schedules s on s.id = o.schedule_id
         where s.name = $1 order by o.scheduled_for`,
        [name],
      )
    ).rows.map(({ text }) => text)
  const foreseen = async (client: ClientBase, occurrence: string, to: string) =>
    (
      await client.query<{ text: string }>(
        `select to_char(scheduled_for at time zone 'UTC', 'DD HH24:MI ') || action || ' '
           || coalesce(to_char(new_scheduled_for at time zone 'UTC', 'DD HH24:MI'), 'nowhere') as text
         from almanac.overrides_for_move('x', $1, $2)`,
        [occurrence, to],
      )
    ).rows.map(({ text }) => text)
  const skip = (client: ClientBase, occurrence: string, reason: string | null = null) =>
    client.query(`select almanac.skip_occurrence('x', $1, $2)`, [occurrence, reason])
  const move = (client: ClientBase, occurrence: string, to: string) =>
    client.query(`select almanac.move_occurrence('x', $1, $2)`, [occurrence, to])

  it('stays so in the new schedule, and is due at none of its times there', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await skip(client, at(5))
      await skip(client, at(7), 'audit')
      await move(client, at(8), at(8, '20:00'))

      expect(await foreseen(client, at(6), at(6, '10:15'))).toEqual([
        '07 09:00 skip 07 10:15',
        '08 09:00 move 08 10:15',
      ])
      await client.query(`select almanac.split_schedule('x', $1, $2)`, [at(6), at(6, '10:15')])

      expect(await places(client, 'x-2')).toEqual(['07 10:15 skip audit', '08 10:15 move to 08 20:00'])
      const { rows } = await client.query<{ text: string }>(
        `select to_char(due_at at time zone 'UTC', 'DD HH24:MI') as text from almanac.upcoming('x-2', '2100-01-01', 3)`,
      )
      expect(rows.map(({ text }) => text)).toEqual(['06 10:15', '08 20:00', '09 10:15'])
    }))

  it('stays so where the rule changes, also before the occurrence that moves', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await skip(client, at(5))
      await skip(client, at(7))

      await client.query(`select almanac.move_series('x', $1, $2)`, [at(6), at(6, '10:15')])

      expect(await upcoming(client, 'x')).toEqual(['04 10:15', '06 10:15', '08 10:15', '09 10:15'])
    }))

  it('keeps its time where the new rule names it too, and the one that moves is due as it is put', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron('x', '0 9,15 * * *', 'almanac:noop', timezone => 'UTC', settings => '{"starts_at": "2100-01-04T00:00Z"}')`,
      )
      await move(client, at(5), at(5, '08:00'))
      await skip(client, at(5, '15:00'))
      await skip(client, at(6))

      await client.query(`select almanac.split_schedule('x', $1, $2)`, [at(5), at(5, '10:00')])

      expect(await places(client, 'x-2')).toEqual(['05 15:00 skip', '06 10:00 skip'])
    }))

  it('is found where the clock of its day skips the time', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron('x', '15 2 * * *', 'almanac:noop', timezone => 'Europe/Paris')`,
      )
      // Due at 03:15, as the clock shows no 02:15; after the move 02:45 is due at 03:45.
      await skip(client, '2027-03-28T01:15:00Z')

      const { rows } = await client.query(
        `select new_scheduled_for = '2027-03-28T01:45Z' as is_found
         from almanac.overrides_for_move('x', '2027-03-20T01:15Z', '2027-03-20T01:45Z')`,
      )

      expect(rows).toEqual([{ is_found: true }])
    }))

  it('follows to another day of the month, where there is one', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron('x', '0 9 31 * *', 'almanac:noop', timezone => 'UTC', settings => '{"starts_at": "2100-01-04T00:00Z"}')`,
      )
      await skip(client, '2100-03-31T09:00Z')
      await skip(client, '2100-05-31T09:00Z')
      const warnings: string[] = []
      client.on('notice', ({ code, detail }) => warnings.push(`${code}: ${detail}`))

      await client.query(`select almanac.move_series('x', '2100-01-31T09:00Z', '2100-01-28T09:00Z')`)

      expect(await places(client, 'x')).toEqual([
        '28 09:00 skip',
        '31 09:00 skip',
        '28 09:00 skip',
        '31 09:00 skip',
      ])
      expect(warnings).toEqual([])
    }))

  it('warns of each that no occurrence takes the place of', () =>
    inTransaction(db, async (client) => {
      await daily(client, { ends_at: '2100-01-09T09:30:00Z' })
      await skip(client, at(9))
      await skip(client, at(7))
      const warnings: string[] = []
      client.on('notice', ({ code, detail }) => warnings.push(`${code}: ${detail}`))

      expect(await foreseen(client, at(6), at(6, '10:15'))).toEqual([
        '07 09:00 skip 07 10:15',
        '09 09:00 skip nowhere',
      ])
      await client.query(`select almanac.split_schedule('x', $1, $2)`, [at(6), at(6, '10:15')])

      expect(warnings).toEqual(['AL030: Their nominal times: Sat 09 Jan 2100 09:00:00 (UTC).'])
    }))

  it('is carried over by operators, of their own schedules alone', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await asRole(client, 'almanac_operator', async (operator) => {
        await operator.query(
          `select almanac.schedule_cron('mine', '0 9 * * *', 'almanac:noop', timezone => 'UTC', settings => '{"starts_at": "2100-01-04T00:00Z"}')`,
        )
        await operator.query(`select almanac.skip_occurrence('mine', $1)`, [at(7)])
        await operator.query(`select almanac.split_schedule('mine', $1, $2)`, [at(6), at(6, '10:15')])
      })
      expect(await places(client, 'mine-2')).toEqual(['07 10:15 skip'])

      const stolen = await refusal(
        asRole(client, 'almanac_operator', (operator) =>
          operator.query(
            `select almanac_private.carry_over_overrides(s, m.id, $1, $1, '-infinity')
             from almanac.schedules s, almanac.schedules m where s.name = 'x' and m.name = 'mine'`,
            [at(6)],
          ),
        ),
      )
      expect(stolen.code).toBe('AL011')
    }))
})

describe('split_schedule with the same rule', () => {
  const twice = (client: ClientBase) =>
    client.query(
      `select almanac.schedule_cron('x', '0 9,15 * * *', 'almanac:noop', timezone => 'UTC', settings => '{"starts_at": "2100-01-04T00:00Z"}')`,
    )
  const split = async (client: ClientBase, to = at(5, '10:30')) => {
    const { rows } = await client.query<{ id: string; updated_at: string; first: string }>(
      `select s.id, s.updated_at::text, (select o.id from almanac.schedules o where o.name = 'x') as first
       from almanac.split_schedule('x', $1, $2, keep_rule => true) s`,
      [at(5), to],
    )
    return rows[0]!
  }
  const due = async (client: ClientBase) => {
    const { rows } = await client.query<{ text: string }>(
      `select to_char(due_at at time zone 'UTC', 'DD HH24:MI') as text
       from almanac.upcoming('x-2', '2100-01-01', 3)`,
    )
    return rows.map(({ text }) => text)
  }

  it('begins a new schedule at an occurrence that no rule moves with all that follow, and moves that alone', () =>
    inTransaction(db, async (client) => {
      await twice(client)
      await split(client)

      expect(await upcoming(client, 'x')).toEqual(['04 09:00', '04 15:00'])
      expect(await due(client)).toEqual(['05 10:30', '05 15:00', '06 09:00'])
      const { rows } = await client.query(`select cron_expression from almanac.schedules where name = 'x-2'`)
      expect(rows).toEqual([{ cron_expression: '0 9,15 * * *' }])
    }))

  it('is what the refusal to move them all hints at', () =>
    inTransaction(db, async (client) => {
      await twice(client)
      const unable = client.query(`select almanac.split_schedule('x', $1, $2)`, [at(5), at(5, '10:30')])

      expect((await refusal(unable)).hint).toContain('keep_rule => true')
    }))

  it('keeps what was moved or skipped of those that follow', () =>
    inTransaction(db, async (client) => {
      await twice(client)
      await client.query(`select almanac.skip_occurrence('x', $1)`, [at(5, '15:00')])
      await client.query(`select almanac.move_occurrence('x', $1, $2)`, [at(5), at(5, '20:00')])

      await split(client)

      expect(await due(client)).toEqual(['05 10:30', '06 09:00', '06 15:00'])
    }))

  it('moves nothing where it is split at the time itself', () =>
    inTransaction(db, async (client) => {
      await twice(client)

      await split(client, at(5))

      expect(await due(client)).toEqual(['05 09:00', '05 15:00', '06 09:00'])
    }))

  it('is taken back by undo_split()', () =>
    inTransaction(db, async (client) => {
      await twice(client)
      const { id, first, updated_at } = await split(client)

      await client.query(`select almanac.undo_split($1, $2, null, $3, $3)`, [first, id, updated_at])

      expect(await upcoming(client, 'x')).toEqual(['04 09:00', '04 15:00', '05 09:00', '05 15:00'])
    }))

  it('is for operators, of their own schedules', () =>
    inTransaction(db, async (client) => {
      await twice(client)
      const codeOf = async (role: string) => (await refusal(asRole(client, role, (as) => split(as)))).code

      expect(await codeOf('almanac_viewer')).toBe('42501')
      expect(await codeOf('almanac_operator')).toBe('AL011')
    }))
})

describe('undo_split', () => {
  const split = async (client: ClientBase) => {
    const { rows } = await client.query<{ id: string; updated_at: string; first: string }>(
      `select s.id, s.updated_at::text, (select o.id from almanac.schedules o where o.name = 'x') as first
       from almanac.split_schedule('x', $1, $2) s`,
      [at(6), at(6, '10:15')],
    )
    return rows[0]!
  }
  const undo = (client: ClientBase, { id, first, updated_at }: Awaited<ReturnType<typeof split>>) =>
    client.query(`select almanac.undo_split($1, $2, null, $3, $3)`, [first, id, updated_at])

  it('leaves one schedule, as it was, with what was moved or skipped of it', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await client.query(`select almanac.skip_occurrence('x', $1)`, [at(7)])

      await undo(client, await split(client))

      expect(await upcoming(client, 'x')).toEqual(['04 09:00', '05 09:00', '06 09:00', '08 09:00'])
      const { rows } = await client.query(
        `select name from almanac.schedules where deleted_at is null and not is_system`,
      )
      expect(rows).toEqual([{ name: 'x' }])
    }))

  it.each([
    [
      'the first',
      `select almanac.update_schedule(id, '{"description": "theirs"}') from almanac.schedules where name = 'x'`,
      'changed the schedule x on',
    ],
    ['the new one', `select almanac.pause('x-2')`, 'changed the schedule x-2 on'],
    [
      'an occurrence',
      `select almanac.skip_occurrence('x-2', '2100-01-07T10:15Z')`,
      'has skipped an occurrence of schedule x-2 since',
    ],
  ])('is refused where someone has changed %s since', (_, change, message) =>
    inTransaction(db, async (client) => {
      await daily(client)
      const done = await split(client)
      await client.query(change)

      const refused = await refusal(undo(client, done))

      expect(refused).toMatchObject({ code: 'AL029' })
      expect(refused.message).toContain(message)
    }),
  )
})
