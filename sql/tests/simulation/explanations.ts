import type { ClientBase } from 'pg'
import { expect } from 'vitest'
import { instant, micros, MINUTE, SECOND, type Micros } from './clock.ts'

/** Explanations asked for in one life. */
const MOST = 60

interface Outcome {
  /** The first and last time that it holds for. */
  readonly first: Micros
  readonly last: Micros
  /** What an explanation of it says. */
  readonly says: string
}

/** `why` tells of the schedule x, at every instant up to `now` where something may be, what its ledger has there, and nothing else. */
export async function checkExplanations(
  client: ClientBase,
  nominal: ReadonlySet<Micros>,
  now: Micros,
): Promise<void> {
  const read = async (query: string): Promise<Outcome[]> =>
    (await client.query<{ first: string; last: string; says: string }>(query)).rows.map((row) => ({
      ...row,
      first: Number(row.first),
      last: Number(row.last),
    }))
  const runs = await read(
    `select ${micros('at')} as first, ${micros('at')} as last, ' run ' || id || ' ' as says
     from (select scheduled_for as at, id from almanac.runs union select due_at, id from almanac.runs where status <> 'skipped') r`,
  )
  const toCome = await read(
    `select ${micros('m.scheduled_for')} as first, ${micros('m.scheduled_for')} as last,
       case when m.is_carried_over then 'It is held over to ' else 'It was moved to ' end as says
     from almanac.schedules s cross join lateral almanac_private.moved_occurrences(s.*) m where s.name = 'x'`,
  )
  const omissions = await read(
    `select ${micros('lower(during)')} as first, ${micros('upper(during)')} as last,
       case reason when 'missed' then 'It was missed' when 'paused' then 'The schedule was paused' when 'stopped' then 'stopped' else 'It was excluded by a calendar' end as says
     from almanac.omissions`,
  )

  const known = [
    ...nominal,
    ...[...runs, ...toCome, ...omissions].flatMap(({ first, last }) => [first, last]),
  ]
  const near = known.flatMap((at) => [at - MINUTE / 2, at - 1, at, at + 1, at + SECOND])
  const all = [...new Set(near)].filter((at) => at <= now)
  const instants = all.filter((_, index) => index % Math.ceil(all.length / MOST) === 0)
  const { rows } = await client.query<{ at: string; says: string }>(
    `select ${micros('at')} as at, almanac.why('x', at) as says from unnest($1::timestamptz[]) at`,
    [instants.map(instant)],
  )

  const at = (outcomes: readonly Outcome[], moment: Micros) =>
    outcomes.filter(({ first, last }) => first <= moment && moment <= last).map(({ says }) => says)
  const isMember = (moment: Micros) =>
    nominal.has(moment) || omissions.some(({ first, last }) => moment === first || moment === last)
  const wrong = rows.flatMap((row) => {
    const moment = Number(row.at)
    const owed = [
      ...at(runs, moment),
      ...at(toCome, moment),
      ...(isMember(moment) ? at(omissions, moment) : []),
    ]
    const foreign = runs.map(({ says }) => says).filter((says) => !owed.includes(says))
    const isNone = /has no occurrence on | had no rule on | did not exist on | no longer existed on /.test(
      row.says,
    )
    const isRight =
      owed.every((says) => row.says.includes(says)) &&
      !foreign.some((says) => row.says.includes(says)) &&
      isNone === (owed.length === 0) &&
      !row.says.includes('should not be')
    return isRight ? [] : [`${instant(moment)} should say "${owed.join('", "')}": ${row.says}`]
  })
  expect(wrong).toEqual([])
}
