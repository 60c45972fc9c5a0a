import { setTimeout as delay } from 'node:timers/promises'
import { createLoginLink } from '../../server/auth/loginLink.ts'
import { ask } from './ask.ts'
import type { VictimServer } from './server.ts'

/** What was asked of the server. Whatever was not answered with success may have been done, or not. */
export interface Requests {
  readonly sent: number
  readonly answered: number
  /** Answered with an error: the database was away. */
  readonly failed: number
  /** The connection was lost, or no one listened. */
  readonly cut: number
}

/** What of it is not as it must be. */
export interface RequestFaults {
  readonly answeredNotDone: number
  readonly doneTwice: number
  readonly halfDone: number
}

/** Clients that ask the server for changes, one after the other. */
export interface Clients {
  /** Lets them end, compares what they were told with the database, and removes their schedules. */
  stop(): Promise<{ requests: Requests; faults: RequestFaults }>
}

type Outcome = 'answered' | 'failed' | 'cut'

interface Request {
  readonly field: 'triggerNow' | 'pause' | 'resume' | 'skipOccurrence' | 'moveOccurrence'
  readonly input: string
  readonly number: number
  outcome: Outcome
}

const FIRST = Date.parse('2100-01-01T00:00:00Z')
const HOUR = 3_600_000
const occurrence = (number: number) => new Date(FIRST + number * HOUR).toISOString()
const movedTo = (number: number) => new Date(FIRST + number * HOUR + HOUR / 3).toISOString()

/** The nth request of each client; each changes what no other changes. */
const CLIENTS: readonly ((number: number) => Pick<Request, 'field' | 'input'>)[] = [
  (number) => ({ field: 'triggerNow', input: `{schedule: "asked to run", payload: {number: ${number}}}` }),
  (number) => ({ field: number % 2 === 0 ? 'pause' : 'resume', input: `{schedule: "asked to pause"}` }),
  (number) =>
    number % 2 === 0
      ? {
          field: 'skipOccurrence',
          input: `{schedule: "asked to change", occurrence: "${occurrence(number)}"}`,
        }
      : {
          field: 'moveOccurrence',
          input: `{schedule: "asked to change", occurrence: "${occurrence(number)}", movedTo: "${movedTo(number)}"}`,
        },
]

/** Signs in, and keeps sending. */
export async function startClients(url: string, server: VictimServer): Promise<Clients> {
  await ask(url, `insert into almanac.users (username, role) values ('havoc', 'admin')`)
  await ask(
    url,
    `select almanac.schedule_every(n, '1 hour', 'almanac:noop', settings => '{"starts_at": "2100-01-01T00:00:00Z"}')
    from unnest(array['asked to pause', 'asked to change']) n`,
  )
  await ask(
    url,
    `insert into almanac.schedules (name, kind, task_identifier) values ('asked to run', 'manual', 'almanac:noop')`,
  )
  const cookie = await signIn(url, server, 'havoc')

  const requests: Request[] = []
  let stopped = false

  async function send(request: Request): Promise<Outcome> {
    try {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie },
        body: JSON.stringify({
          query: `mutation { ${request.field}(input: ${request.input}) { clientMutationId } }`,
        }),
      })
      const { data, errors } = (await response.json()) as {
        data?: Record<string, unknown>
        errors?: unknown[]
      }
      return errors === undefined && data?.[request.field] ? 'answered' : 'failed'
    } catch {
      return 'cut'
    }
  }

  async function keepSending(next: (typeof CLIENTS)[number]): Promise<void> {
    for (let number = 0; !stopped; number++) {
      const request: Request = { ...next(number), number, outcome: 'cut' }
      requests.push(request)
      request.outcome = await send(request)
      await delay(request.outcome === 'answered' ? 20 : 100)
    }
  }

  const ended = Promise.all(CLIENTS.map(keepSending))
  return {
    async stop() {
      stopped = true
      await ended
      const faults = await compare(url, requests)
      await ask(url, `delete from almanac.schedules where name like 'asked %'`)
      const count = (outcome: Outcome) => requests.filter((request) => request.outcome === outcome).length
      return {
        requests: {
          sent: requests.length,
          answered: count('answered'),
          failed: count('failed'),
          cut: count('cut'),
        },
        faults,
      }
    },
  }
}

/** A session's cookie. */
export async function signIn(url: string, server: VictimServer, username: string): Promise<string> {
  const link = await createLoginLink({
    query: (text, values) => ask(url, text, values),
    username,
    baseUrl: server.url,
  })
  const response = await fetch(`${server.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: link.split('#token=')[1] }),
  })
  const cookie = response.headers.get('set-cookie')?.split(';')[0]
  if (!cookie) throw new Error(`The client could not sign in: ${response.status}`)
  return cookie
}

interface Found {
  readonly runs: Record<string, number>
  readonly overrides: Record<string, string>
  readonly status: string
  readonly halfDone: number
}

async function compare(url: string, requests: readonly Request[]): Promise<RequestFaults> {
  const [row] = await ask<{ found: Found }>(url, FOUND)
  if (!row) throw new Error('The database did not say what was done.')
  const { runs, overrides, status, halfDone } = row.found

  const switches = requests.filter(({ field }) => field === 'pause' || field === 'resume')
  const lastAnswered = switches.findLastIndex(({ outcome }) => outcome === 'answered')
  const possible: readonly string[] = switches
    .slice(Math.max(0, lastAnswered))
    .map(({ field }) => (field === 'pause' ? 'paused' : 'active'))

  const isDone = ({ field, number }: Request): boolean => {
    if (field === 'triggerNow') return runs[number] !== undefined
    const is = overrides[Date.parse(occurrence(number)) / 1000]
    if (field === 'skipOccurrence') return is === 'skip'
    return field === 'moveOccurrence' ? is === `move ${Date.parse(movedTo(number)) / 1000}` : true
  }
  const lost = requests.filter((request) => request.outcome === 'answered' && !isDone(request))
  return {
    answeredNotDone: lost.length + (lastAnswered >= 0 && !possible.includes(status) ? 1 : 0),
    doneTwice: Object.values(runs).filter((count) => count > 1).length,
    halfDone,
  }
}

/** Half done: a run without its job, an override that its schedule does not know of, a job unlike its schedule. */
const FOUND = `
  with asked as (select * from almanac.schedules where name like 'asked %')
  select jsonb_build_object(
    'runs', (select coalesce(jsonb_object_agg(number, count), '{}') from (
      select r.payload ->> 'number' as number, count(*) from almanac.runs r where r.schedule_name = 'asked to run' group by 1) n),
    'overrides', (select coalesce(jsonb_object_agg(extract(epoch from o.scheduled_for)::bigint, o.action || coalesce(' ' || extract(epoch from o.moved_to)::bigint, '')), '{}')
      from almanac.occurrence_overrides o join asked s on s.id = o.schedule_id),
    'status', (select status from asked where name = 'asked to pause'),
    'halfDone', (
      select count(*) from almanac.runs r join asked s on s.id = r.schedule_id where r.finished_at is null
        and not exists (select from almanac_private.live_runs l where l.run_id = r.id)
    ) + (
      select count(*) from asked s cross join lateral almanac_private.next_due(s) d
      left join graphile_worker.jobs j on j.key = 'schedule:' || s.id
      where s.kind <> 'manual' and (
        s.has_overrides is distinct from exists (select from almanac.occurrence_overrides o where o.schedule_id = s.id and o.done_at is null)
        or s.next_run_at is distinct from case when s.status = 'active' then d.due_at end
        or coalesce(j.run_at - s.next_run_at not in (interval '0', interval '2 seconds'), s.next_run_at is not null or j.run_at is not null))
    )) as found`
