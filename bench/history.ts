import { Client } from 'pg'
import { applyMigrations } from '../cli/migrations.ts'
import { queryOn } from '../process/query.ts'
import { createLoginLink } from '../server/auth/loginLink.ts'
import { startServer } from '../server/main.ts'
import { signInBy } from '../server/testing/client.ts'
import { defineBench, type Row } from './bench.ts'
import { withClient } from './database.ts'
import { loadHistory } from './history/load.ts'
import { MOST_FOR_CONNECTION, QUESTIONS, type Question } from './history/questions.ts'
import { bytesOf, RUN_TABLES } from './idle/sizes.ts'
import { median, rounded } from './statistics.ts'

const FIND = `query Find($filter: JSON!) {
  findRuns(filter: $filter, maxCount: 100) {
    runs(first: 100) { rowId scheduleName status reason error blockedBecause trigger scheduledFor dueAt startedAt finishedAt attempt
      maxAttempts nextAttemptAt cancelRequestedAt retriedFrom progress progressNote }
    next stoppedAt
  }
}`
const LIST = `query Runs($filter: RunFilter!) {
  runs(filter: $filter, orderBy: [SCHEDULED_FOR_DESC, ROW_ID_DESC], first: 100) {
    nodes { rowId scheduleName status reason error blockedBecause trigger scheduledFor dueAt startedAt finishedAt attempt maxAttempts
      nextAttemptAt cancelRequestedAt retriedFrom progress progressNote }
    pageInfo { hasNextPage endCursor }
  }
}`
const COUNT = `query Count($filter: RunFilter!) { runs(filter: $filter) { totalCount } }`

/** What a long history costs those who look at it: the same questions with few runs and with many. */
export const history = defineBench({
  name: 'history',
  title: `ms of what people ask of runs that have ended (medians; each number of runs in a database of its own, by turns).
× is how many times as long it takes with the most of them as with the fewest.`,
  defaults: { runs: [50_000, 5_000_000], schedules: 300, repetitions: 5 },
  async run({ connectionString, settings, say, another }) {
    const places: Place[] = []
    for (const runs of settings.runs) {
      const url = places.length === 0 ? connectionString : await another()
      places.push(await open(url, runs))
    }

    async function open(url: string, runs: number): Promise<Place> {
      await applyMigrations({
        connectionString: url,
        withCurrent: true,
        logins: { isTrial: true, log: () => undefined },
      })
      const begun = performance.now()
      const bytes = await withClient(url, async (client) => {
        await client.query(`insert into almanac.users (username, role) values ('bench', 'admin')`)
        await loadHistory(client, { schedules: settings.schedules, runs, say })
        return bytesOf(client, RUN_TABLES)
      })
      const seconds = Math.round((performance.now() - begun) / 1_000)
      say(`${runs.toLocaleString('en')} runs in ${seconds} s, ${rounded(sum(bytes) / 1e9)} GB`)
      return { runs, ...(await openAsker(url)), times: new Map() }
    }

    try {
      for (let repetition = 0; repetition <= settings.repetitions; repetition++)
        for (const [name, question] of Object.entries(QUESTIONS))
          for (const place of places) {
            if ('filter' in question && place.runs > MOST_FOR_CONNECTION) continue
            const begun = performance.now()
            await place.ask(question)
            // The first time warms up.
            if (repetition > 0)
              place.times.set(name, [...(place.times.get(name) ?? []), performance.now() - begun])
          }
    } finally {
      for (const place of places) await place.close()
    }
    return { tables: [rowsOf(places)] }
  },
})

interface Asker {
  ask(question: Question): Promise<void>
  close(): Promise<void>
}

interface Place extends Asker {
  readonly runs: number
  readonly times: Map<string, number[]>
}

/** Asks as a signed-in admin over the API, and as a viewer in SQL. */
async function openAsker(connectionString: string): Promise<Asker> {
  const server = await startServer({
    connectionString,
    directUrl: connectionString,
    host: '127.0.0.1',
    port: 0,
    log: () => undefined,
    webFolder: '',
  })
  const client = new Client({ connectionString, application_name: 'almanac bench' })
  await client.connect()
  const link = await createLoginLink({ query: queryOn(client), username: 'bench', baseUrl: server.url })
  const user = await signInBy(server, link)
  await client.query('set role almanac_viewer')
  return {
    async ask(question) {
      if ('sql' in question) {
        await client.query(question.sql)
        return
      }
      const [operation, filter] =
        'find' in question
          ? [FIND, question.find]
          : [question.only === 'count' ? COUNT : LIST, question.filter]
      const { errors } = await user.graphql(operation, { filter })
      if (errors?.[0]) throw new Error(errors[0].message)
    },
    async close() {
      await client.end()
      await server.close()
    },
  }
}

function rowsOf(places: readonly Place[]): Row[] {
  const sorted = places.toSorted((a, b) => a.runs - b.runs)
  return Object.keys(QUESTIONS).map((name) => {
    const medians = sorted.map(({ runs, times }) => ({ runs, ms: median(times.get(name) ?? [NaN]) }))
    return {
      question: name,
      ...Object.fromEntries(
        medians.map(({ runs, ms }) => [`${runs.toLocaleString('en')} runs`, rounded(ms)]),
      ),
      '×': rounded((medians.at(-1)?.ms ?? NaN) / (medians[0]?.ms ?? NaN)),
    }
  })
}

function sum(bytes: Readonly<Record<string, number>>): number {
  return Object.values(bytes).reduce((total, one) => total + one, 0)
}
