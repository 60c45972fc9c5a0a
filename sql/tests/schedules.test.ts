import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const jobs = `select key, run_at, priority from graphile_worker.jobs where key like 'schedule:%' order by key`

describe('wrong input is refused with code, column, detail and hint', () => {
  it.each([
    ['AL001', 'cron_expression', `almanac.schedule_cron('x', '0 25 * * *', 'almanac:noop')`],
    ['AL001', 'cron_expression', `almanac.schedule_cron('x', 'soon', 'almanac:noop')`],
    [
      'AL002',
      'timezone',
      `almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', timezone => 'Mars/Olympus')`,
    ],
    ['AL002', 'timezone', `almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', timezone => 'UTC+3')`],
    ['AL003', 'every', `almanac.schedule_every('x', '0 seconds', 'almanac:noop')`],
    ['AL003', 'every', `almanac.schedule_every('x', '-1 hour', 'almanac:noop')`],
    ['AL003', 'every', `almanac.schedule_every('x', '1 month 3 days', 'almanac:noop')`],
    ['AL004', 'run_at', `almanac.schedule_at('x', now() - interval '1 minute', 'almanac:noop')`],
    ['AL004', 'run_at', `almanac.schedule_at('x', 'infinity', 'almanac:noop')`],
    ['AL005', 'task_identifier', `almanac.schedule_cron('x', '0 3 * * *', 'no_such_task')`],
    ['AL006', 'payload', `almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', '[1]')`],
    [
      'AL009',
      'colour',
      `almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', settings => '{"colour": 1}')`,
    ],
    [
      'AL009',
      'next_run_at',
      `almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', settings => '{"next_run_at": null}')`,
    ],
    [
      'AL009',
      'timezone',
      `almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', settings => '{"timezone": "UTC"}')`,
    ],
    [
      'AL010',
      'cron_expression',
      `almanac.create_schedule('{"name": "x", "kind": "cron", "task_identifier": "almanac:noop"}')`,
    ],
    [
      'AL010',
      'every',
      `almanac.create_schedule('{"name": "x", "kind": "manual", "every": "1 day", "task_identifier": "almanac:noop"}')`,
    ],
    [
      '22007',
      'timeout',
      `almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', settings => '{"timeout": "soon"}')`,
    ],
    ['AL007', undefined, `almanac.pause('nobody')`],
    ['AL007', undefined, `almanac.trigger_now('nobody')`],
    ['AL007', undefined, `almanac.restore('nobody')`],
  ])('%s at %s: %s', async (code, column, call) => {
    const refused = await refusal(db.query(`select ${call}`))

    expect(refused).toMatchObject({ code, column })
    expect(refused.detail).toBeTruthy()
    expect(refused.hint).toBeTruthy()
  })

  it('a plain insert is checked like a call', async () => {
    const refused = await refusal(
      db.query(
        `insert into almanac.schedules (name, kind, every, task_identifier) values ('x', 'interval', '0', 'almanac:noop')`,
      ),
    )

    expect(refused).toMatchObject({ code: 'AL003', column: 'every' })
  })

  it.each(['late_tolerance', 'catchup_window', 'retry_delay', 'retry_ceiling', 'timeout'])(
    '%s is bounded: less it, or with it, a time must still be one',
    (column) =>
      inTransaction(db, async (client) => {
        await client.query(`select almanac.schedule_cron('x', '* * * * *', 'almanac:noop')`)
        await client.query(`update almanac.schedules set ${column} = '10 years'`)
        await client.query(`select almanac_private.fire_due(now() + interval '1 hour')`)
        expect((await client.query(`select from almanac.runs`)).rowCount).toBeGreaterThan(0)

        const refused = await refusal(client.query(`update almanac.schedules set ${column} = '100000 years'`))

        expect(refused).toMatchObject({ code: 'AL019', column })
        expect(refused.message).toContain('10 years')
      }),
  )

  it.each([
    'next_run_at = now()',
    'total_runs = 7',
    "status = 'completed'",
    'paused_at = now()',
    "run_as = 'postgres'",
    'rule.minutes = 3',
    'rule = null',
  ])('a computed column is not written: %s', (assignment) =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop')`)

      const refused = await refusal(
        client.query(`update almanac.schedules set ${assignment} where name = 'x'`),
      )

      expect(refused.code).toBe('AL008')
      expect(refused.hint).toBeTruthy()
    }),
  )

  it('the setting by which the engine passes does not open computed columns to others', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop')`)
      await client.query(`set local role almanac_admin`)
      await client.query(`set local almanac.engine to 'on'`)

      const refused = await refusal(
        client.query(`update almanac.schedules set next_run_at = now() where name = 'x'`),
      )

      expect(refused.code).toBe('AL008')
    }))
})

describe('arming', () => {
  it('an insert arms one job, two seconds behind the next run', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `insert into almanac.schedules (name, kind, cron_expression, task_identifier) values ('x', 'cron', '0 3 * * *', 'almanac:noop')`,
      )

      const { rows } = await client.query(
        `select s.next_run_at = date_trunc('day', now() - interval '3 hours') + interval '27 hours' as right_time,
                j.run_at = s.next_run_at + interval '2 seconds' as armed, j.priority
         from almanac.schedules s join graphile_worker.jobs j on j.key = 'schedule:' || s.id`,
      )
      expect(rows).toEqual([{ right_time: true, armed: true, priority: 9 }])
    }))

  it('one statement for many schedules arms them all', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `insert into almanac.schedules (name, kind, every, task_identifier) select 'x' || i, 'interval', '1 hour', 'almanac:noop' from generate_series(1, 300) i`,
      )

      expect((await client.query(jobs)).rowCount).toBe(300)
    }))

  it('a rolled-back transaction leaves neither schedule nor job', async () => {
    await inTransaction(db, (client) =>
      client.query(`select almanac.schedule_every('gone', '1 hour', 'almanac:noop')`),
    )

    expect(await db.query(`select from almanac.schedules where name = 'gone'`)).toEqual([])
    expect(await db.query(jobs)).toEqual([])
  })

  it('a changed rule moves the one pending job', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop')`)

      await client.query(`update almanac.schedules set cron_expression = '0 4 * * *' where name = 'x'`)

      const { rows } = await client.query<{ run_at: Date }>(jobs)
      expect(rows.map((row) => row.run_at.toISOString().slice(11, 19))).toEqual(['04:00:02'])
    }))

  it('a change that is not of the rule leaves the next run alone', () =>
    inTransaction(db, async (client) => {
      const next = async () =>
        (await client.query(`select next_run_at from almanac.schedules`)).rows as unknown
      await client.query(`select almanac.schedule_every('x', '1 hour', 'almanac:noop')`)
      const before = await next()

      await client.query(`update almanac.schedules set description = 'other', payload = '{"a": 1}'`)

      expect(await next()).toEqual(before)
    }))

  it.each([
    ['pausing', `select almanac.pause('x', 'because')`],
    ['disabling', `update almanac.schedules set status = 'disabled' where name = 'x'`],
    ['unscheduling', `select almanac.unschedule('x')`],
    ['deleting', `delete from almanac.schedules where name = 'x'`],
  ])('%s removes the job', (_, statement) =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop')`)

      await client.query(statement)

      expect((await client.query(jobs)).rows).toEqual([])
    }),
  )

  it('resuming and restoring arm it again', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop')`)

      await client.query(`select almanac.pause('x')`)
      await client.query(`select almanac.resume('x')`)
      expect((await client.query(jobs)).rowCount).toBe(1)

      await client.query(`select almanac.unschedule('x')`)
      await client.query(`select almanac.restore('x')`)
      expect((await client.query(jobs)).rowCount).toBe(1)
    }))

  it('a manual schedule is active and has no job', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `insert into almanac.schedules (name, kind, task_identifier) values ('x', 'manual', 'almanac:noop')`,
      )

      expect((await client.query(`select status, next_run_at from almanac.schedules`)).rows).toEqual([
        { status: 'active', next_run_at: null },
      ])
      expect((await client.query(jobs)).rows).toEqual([])
    }))

  it('a rule that never matches completes the schedule', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.schedule_cron('x', '0 0 30 2 *', 'almanac:noop')`)

      expect((await client.query(`select status from almanac.schedules`)).rows).toEqual([
        { status: 'completed' },
      ])
    }))
})

describe('verbs', () => {
  it('scheduling the same name again changes the schedule and keeps its number', () =>
    inTransaction(db, async (client) => {
      const first = await client.query(
        `select id from almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop')`,
      )
      const second = await client.query(
        `select id, kind, cron_expression from almanac.schedule_every('x', '1 day', 'almanac:noop')`,
      )

      expect(second.rows).toEqual([{ ...(first.rows[0] as object), kind: 'interval', cron_expression: null }])
    }))

  it('settings take any other column', () =>
    inTransaction(db, async (client) => {
      const { rows } = await client.query(
        `select tags, max_attempts, timeout::text, overlap_policy from almanac.schedule_cron('x', '@daily', 'almanac:noop', timezone => 'Europe/Paris',
           settings => '{"tags": ["a", "b"], "max_attempts": 5, "timeout": "10 minutes", "overlap_policy": "queue_one"}')`,
      )

      expect(rows).toEqual([
        { tags: ['a', 'b'], max_attempts: 5, timeout: '00:10:00', overlap_policy: 'queue_one' },
      ])
    }))

  it('a name is free again after unschedule', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop')`)
      await client.query(`select almanac.unschedule('x')`)

      await client.query(`select almanac.schedule_cron('x', '0 4 * * *', 'almanac:noop')`)

      expect((await client.query(`select from almanac.schedules where name = 'x'`)).rowCount).toBe(2)
    }))

  it('one whose name was taken meanwhile is restored under another, which the error suggests', () =>
    inTransaction(db, async (client) => {
      const make = `select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop')`
      await client.query(`${make}; select almanac.unschedule('x'); ${make}`)
      await client.query('savepoint before')

      const { code, column, hint } = await refusal(client.query(`select almanac.restore('x')`))
      await client.query('rollback to before')
      const [suggested] = /select .*\)/.exec(hint!)!
      await client.query(suggested)

      expect({ code, column, suggested }).toEqual({
        code: '23505',
        column: 'name',
        suggested: `select almanac.restore('x', 'x-2')`,
      })
      const { rows } = await client.query(
        `select name, next_run_at is not null as fires from almanac.schedules where name ~ '^x' order by name`,
      )
      expect(rows).toEqual([
        { name: 'x', fires: true },
        { name: 'x-2', fires: true },
      ])
    }))

  it('of several deleted ones of a name, the one whose id is given is restored', () =>
    inTransaction(db, async (client) => {
      const ids: string[] = []
      for (let time = 0; time < 2; time += 1) {
        const { rows } = await client.query<{ id: string }>(
          `select (almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop')).id`,
        )
        ids.push(rows[0]!.id)
        await client.query(`select almanac.unschedule('x')`)
      }

      await client.query(`select almanac.restore_schedule($1)`, [ids[0]])

      const { rows } = await client.query(
        `select id, status, next_run_at is not null as fires from almanac.schedules where name = 'x' and deleted_at is null`,
      )
      expect(rows).toEqual([{ id: ids[0], status: 'active', fires: true }])
      const { code, hint } = await refusal(client.query(`select almanac.restore_schedule($1)`, [ids[1]]))
      expect([code, hint]).toEqual([
        '23505',
        `Restore it under another name: select almanac.restore_schedule(${ids[1]}, 'x-2').`,
      ])
    }))

  it('a finished single run can be unscheduled and restored', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.schedule_at('x', now() + interval '1 hour', 'almanac:noop')`)
      await client.query(`select almanac_private.fire_due(now() + interval '1 hour')`)

      await client.query(`select almanac.unschedule('x')`)
      const { rows } = await client.query(`select status, next_run_at from almanac.restore('x')`)

      expect(rows).toEqual([{ status: 'completed', next_run_at: null }])
    }))

  it('trigger now adds a run with the payload given and leaves the next run alone', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', '{"a": 1}')`)

      const { rows } = await client.query(
        `select payload, trigger, status from almanac.trigger_now('x', '{"a": 2}')`,
      )

      expect(rows).toEqual([{ payload: { a: 2 }, trigger: 'manual', status: 'queued' }])
      expect((await client.query(jobs)).rowCount).toBe(1)
      expect((await client.query(`select from graphile_worker.jobs where key like 'run:%'`)).rowCount).toBe(1)
    }))

  it('upcoming lists what next_run_at would', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron('x', '30 2 * * *', 'almanac:noop', timezone => 'Europe/Paris')`,
      )

      const { rows } = await client.query<{ scheduled_for: Date }>(
        `select scheduled_for from almanac.upcoming('x', '2026-03-27T12:00:00Z', 3)`,
      )

      expect(rows.map((row) => row.scheduled_for.toISOString())).toEqual([
        '2026-03-28T01:30:00.000Z',
        '2026-03-29T01:30:00.000Z',
        '2026-03-30T00:30:00.000Z',
      ])
    }))

  it('preview of a change to a saved schedule keeps its phase, its jitter and what was moved', () =>
    inTransaction(db, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        `select id from almanac.schedule_every('x', '3 days', 'almanac:noop', settings => '{"jitter": "1 hour", "max_runs": 3}')`,
      )
      await client.query(
        `select almanac.move_occurrence('x', u.scheduled_for, u.scheduled_for + interval '5 hours') from (select * from almanac.upcoming('x', max_count => 2) offset 1) u`,
      )
      const listed = await client.query(`select scheduled_for, due_at from almanac.upcoming('x')`)

      const same = await client.query(`select scheduled_for, due_at from almanac.preview($1, 10)`, [
        { id: rows[0]!.id },
      ])
      const unsaved = await client.query(
        `select due_at = scheduled_for as unspread from almanac.preview($1, 1)`,
        [{ kind: 'interval', every: '3 days', jitter: '1 hour' }],
      )

      expect(same.rows).toEqual(listed.rows)
      expect(same.rows).toHaveLength(3)
      expect(unsaved.rows).toEqual([{ unspread: true }])
    }))

  it('preview of a change to a deleted schedule is refused', async () => {
    expect((await refusal(db.query(`select almanac.preview('{"id": 0}')`))).code).toBe('AL007')
  })

  it('preview refuses what saving refuses', async () => {
    const refused = await refusal(
      db.query(`select * from almanac.preview('{"kind": "cron", "cron_expression": "0 25 * * *"}')`),
    )

    expect(refused).toMatchObject({ code: 'AL001', column: 'cron_expression' })
  })

  it('one notification per statement says which schedules changed', async () => {
    const listener = await db.connect()
    const heard: string[] = []
    listener.on('notification', ({ payload }) => heard.push(payload ?? ''))
    await listener.query('listen almanac_schedules')

    await db.query(
      `insert into almanac.schedules (name, kind, task_identifier) select 'n' || i, 'manual', 'almanac:noop' from generate_series(1, 3) i`,
    )
    await db.query(`delete from almanac.schedules where name like 'n_'`)
    await listener.query('select')

    expect(
      heard
        .map((payload) => JSON.parse(payload) as { op: string; ids: string[] })
        .map(({ op, ids }) => [op, ids.length]),
    ).toEqual([
      ['insert', 3],
      ['delete', 3],
    ])
  })
})

it('a schedule whose task is gone can be paused, changed and deleted', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.register_task('leaving');
      select almanac.schedule_every('left', '1 hour', 'leaving');
      delete from almanac.tasks where identifier = 'leaving'`)

    await client.query(`select almanac.pause('left')`)
    await client.query(`update almanac.schedules set description = 'its task is gone' where name = 'left'`)
    await client.query(`select almanac.unschedule('left')`)

    const { rows } = await client.query(`select deleted_at is not null as deleted from almanac.schedules`)
    expect(rows).toEqual([{ deleted: true }])
  }))

it('a definition with nothing in it is told what a schedule needs', () =>
  inTransaction(db, async (client) => {
    expect(await refusal(client.query(`select almanac.create_schedule('{}')`))).toMatchObject({
      code: expect.stringMatching(/^AL/) as string,
    })
  }))
