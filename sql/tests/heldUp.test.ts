import type { Client, ClientBase } from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()
const sessions: Client[] = []
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.end()))
})

const WORKER = `insert into almanac.workers (name, host, pid, concurrency, version, status, last_heartbeat_at)
  values ('w', 'here', 1, 1, '1', 'active', clock_timestamp())`

/** Schedules of an operator that have been due for that many seconds, and a worker. */
async function due(
  client: ClientBase,
  names: readonly string[],
  seconds: number,
  { every = 3600, payload = '{}', ...settings }: Record<string, unknown> = {},
): Promise<void> {
  await asRole(client, 'almanac_operator', (as) =>
    as.query(
      `select almanac.schedule_every(n, make_interval(secs => $2), 'almanac:noop', $3, settings => $4)
       from unnest($1::text[]) n`,
      [names, every, payload, settings],
    ),
  )
  await client.query(`set almanac.engine to on`)
  await client.query(
    `with changed as (
       update almanac.schedules s set created_at = t.at - interval '1 hour', cursor_at = t.at - interval '1 ms',
         next_scheduled_for = t.at, next_run_at = t.at
       from (select date_trunc('second', clock_timestamp()) - make_interval(secs => $2) as at) t where s.name = any ($1)
       returning s as schedule, s.id, s.cursor_at)
     update almanac_private.rule_versions v set valid_from = c.cursor_at, rule = almanac_private.rule_of(c.schedule)
     from changed c where c.id = v.schedule_id`,
    [names, seconds],
  )
  await client.query(`set almanac.engine to off`)
}

const fire = async (client: ClientBase) =>
  (await client.query<{ fired: number }>('select fired from almanac_private.fire_due(clock_timestamp())'))
    .rows[0]!.fired
const why = async (client: ClientBase, name: string) =>
  (
    await client.query<{ text: string }>(
      `select almanac.why(s.name, s.next_scheduled_for) as text from almanac.schedules s where s.name = $1`,
      [name],
    )
  ).rows[0]!.text
const heldUp = async (client: ClientBase) =>
  (
    await client.query<{ count: number; name: string; because: string; remedy: string }>(
      `select h.count::int, h.name, h.because, h.remedy from almanac_private.schedules_held_up() h`,
    )
  ).rows

/** Each look at the calendars of a schedule takes longer than firing spends on those of a role. */
const SLOW_CALENDARS = `do $$ begin
  execute replace(pg_get_functiondef('almanac_private.decide'::regproc), E'begin\n  verdicts :=',
    E'begin\n  perform pg_sleep(0.11);\n  verdicts :=');
end $$`

describe('why() and status say what holds up a schedule that is due, and what to do', () => {
  it('that the calendars of its role take long to search', () =>
    inTransaction(db, async (client) => {
      await client.query(WORKER)
      await client.query(`select almanac.create_calendar('off')`)
      await client.query(`select almanac.exclude_dates('off', '2001-01-01')`)
      await due(client, ['a', 'b', 'c'], 10, { calendars: ['off'], late_tolerance: '1 hour' })
      await client.query(SLOW_CALENDARS)

      expect(await fire(client)).toBe(1)

      expect(await heldUp(client)).toEqual([
        {
          count: 2,
          name: 'b',
          because:
            'the calendars of schedules of almanac_operator take long to search (off), and one call spends 100 ms on those of a role',
          remedy: expect.stringMatching(/^Remove entries and windows/) as string,
        },
      ])
      expect(await why(client, 'c')).toMatch(
        /It has been due since .* but has not fired\. It has been held up since .*: the calendars of schedules of almanac_operator take long/,
      )

      await fire(client)
      await fire(client)
      expect(await heldUp(client)).toEqual([])
      expect(await client.query('select from almanac_private.held_up')).toMatchObject({ rows: [] })
    }))

  it('the limit of one call', () =>
    inTransaction(db, async (client) => {
      await client.query(WORKER)
      const behind = { every: 1, missed_run_policy: 'run_all', overlap_policy: 'allow' }
      await due(client, ['older'], 1200, behind)
      await due(client, ['newer', 'newest'], 1000, behind)

      await fire(client)

      expect(await heldUp(client)).toMatchObject([
        { count: 1, name: 'older', because: expect.stringContaining('one call fires only a part') as string },
      ])
      expect(await why(client, 'older')).toContain('Nothing to do, the next calls continue.')
    }))

  it('the payloads that are due are large', () =>
    inTransaction(db, async (client) => {
      await client.query(WORKER)
      const names = Array.from({ length: 20 }, (_, i) => `p${i}`)
      await due(client, names, 10, { payload: `{"x": "${'y'.repeat(250_000)}"}` })

      expect(await fire(client)).toBe(8)

      expect(await heldUp(client)).toMatchObject([
        { count: 12, because: expect.stringContaining('one call stores 2 MB') as string },
      ])
    }))

  it('its run cannot be recorded', () =>
    inTransaction(db, async (client) => {
      await client.query(WORKER)
      await due(client, ['good', 'bad'], 10)
      await client.query(`
        create function refuse_bad() returns trigger language plpgsql as $$
        begin
          if new.schedule_name = 'bad' then
            raise 'The audit table is full.';
          end if;
          return new;
        end $$;
        create trigger _900_refuse_bad before insert on almanac.runs for each row execute function refuse_bad()`)

      expect(await fire(client)).toBe(1)

      expect(await heldUp(client)).toMatchObject([
        { count: 1, name: 'bad', because: 'it cannot be fired: The audit table is full.' },
      ])
      expect(await why(client, 'bad')).toContain('Fix what the error says')
    }))

  it('nothing of a herd that is fired in parts', () =>
    inTransaction(db, async (client) => {
      const names = Array.from({ length: 20 }, (_, i) => `p${i}`)
      await due(client, names, 1, { payload: `{"x": "${'y'.repeat(250_000)}"}` })

      await fire(client)

      expect(await client.query('select from almanac_private.held_up')).toMatchObject({ rows: [] })
    }))

  it('nothing of one that was changed since', () =>
    inTransaction(db, async (client) => {
      const behind = { every: 1, missed_run_policy: 'run_all', overlap_policy: 'allow' }
      await due(client, ['older'], 1200, behind)
      await due(client, ['newer', 'newest'], 1000, behind)
      await fire(client)
      expect(await heldUp(client)).toHaveLength(1)

      await client.query(`select almanac.pause('older')`)
      expect(await heldUp(client)).toEqual([])

      await client.query('select from almanac.reconcile()')
      expect(await client.query('select from almanac_private.held_up')).toMatchObject({ rows: [] })
    }))

  it('that no worker is running, or that it is not its turn', () =>
    inTransaction(db, async (client) => {
      await due(client, ['a', 'b'], 10)
      expect(await why(client, 'a')).toContain('No worker is running. Start one: npx almanac worker.')

      await client.query(WORKER)
      expect(await why(client, 'a')).toContain(
        '1 other schedule is due as well, and firing takes them in turns.',
      )
    }))

  it('the database and its viewers, and not what only the owner may see', () =>
    inTransaction(db, async (client) => {
      await due(client, ['a'], 60)
      await asRole(client, 'almanac_viewer', async (as) => {
        await as.query('select * from almanac_private.schedules_held_up()')
        await as.query(`select almanac.why('a', now())`)
        await as.query('savepoint here')
        await expect(as.query('select from almanac_private.held_up')).rejects.toThrow('permission denied')
        await as.query('rollback to here')
      })
    }))
})

describe('who holds it locked', () => {
  async function open(): Promise<Client & { pid: number }> {
    const session = await db.connect('owner')
    sessions.push(session)
    const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
    return Object.assign(session, { pid: rows[0]!.pid })
  }

  it('its row', async () => {
    const [owner, holder] = [await open(), await open()]
    await owner.query(WORKER)
    await owner.query('begin')
    await due(owner, ['row'], 10)
    await owner.query('commit')
    await holder.query(`begin; select from almanac.schedules where name = 'row' for update`)

    await fire(owner)

    expect(await why(owner, 'row')).toContain(
      `Its row is locked by process ${holder.pid} of almanac_test_owner: it fires when that transaction ends.`,
    )
    await holder.query('rollback')
    expect(await fire(owner)).toBe(1)
  })

  it('a run that its policy cancels', async () => {
    const [owner, holder] = [await open(), await open()]
    await owner.query(WORKER)
    await owner.query('begin')
    await due(owner, ['cancels'], 7210, {
      every: 3600,
      overlap_policy: 'cancel_running',
      late_tolerance: '3 hours',
    })
    await owner.query('commit')
    await owner.query(`select almanac_private.fire_due(clock_timestamp() - interval '2 hours')`)
    await holder.query(`begin; select from almanac.runs where schedule_name = 'cancels' for update`)

    expect(await fire(owner)).toBe(0)

    expect(await heldUp(owner)).toMatchObject([{ count: 1, name: 'cancels' }])
    expect(await why(owner, 'cancels')).toContain(
      'its overlap policy cancels a run that someone has locked. select * from almanac.blockers() names who has it locked.',
    )
    await holder.query('rollback')
    expect(await fire(owner)).toBeGreaterThan(0)
    expect(await heldUp(owner)).toEqual([])
  })
})
