import type { TestDatabase } from '../../../tests/database/createTestDatabase.ts'

/** Microseconds since 1970. */
export type Micros = number
export const SECOND = 1_000_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** PostgreSQL's text of an instant; a Date would lose the microseconds. */
export const instant = (at: Micros): string =>
  `${new Date(Math.floor(at / 1000)).toISOString().slice(0, -1)}${String(at % 1000).padStart(3, '0')}Z`
/** An expression that gives an instant as Micros, in text. */
export const micros = (expression: string): string =>
  `(extract(epoch from ${expression}) * 1000000)::bigint::text`

/**
 * What the triggers for people's edits do at the clock's time, at a time in the future: settle up to it, then go on from
 * there. An edit right after it sees a cursor in the future and takes that for now.
 */
export async function installClock(db: TestDatabase): Promise<void> {
  await db.query(`
    create schema simulation;
    create function simulation.resolve_at(name text, as_of timestamptz, omit_as almanac.omission_reason, closing text) returns void
    language plpgsql as $$
    declare
      v almanac.schedules;
    begin
      select s.* into v from almanac.schedules s where s.name = resolve_at.name for no key update;
      v := almanac_private.resolve_rule(v, resolve_at.as_of, resolve_at.omit_as, resolve_at.closing);
      perform set_config('almanac.engine', 'on', true);
      update almanac.schedules s
      set cursor_at = greatest(v.cursor_at, case when resolve_at.closing is not null then resolve_at.as_of end),
        next_scheduled_for = case when s.status = 'active' then v.next_scheduled_for end,
        next_run_at = case when s.status = 'active' then v.next_run_at end,
        has_overrides = v.has_overrides, last_run_at = v.last_run_at, total_runs = v.total_runs, fired_runs = v.fired_runs
      where s.id = v.id;
      perform set_config('almanac.engine', 'off', true);
    end $$`)
}
