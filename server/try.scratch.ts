import { startCluster } from '/work/main/cli/embedded/cluster.ts'
import { applyMigrations } from '/work/main/cli/migrations.ts'
import { startServer } from '/work/main/server/main.ts'
import { createLoginLink } from '/work/main/server/auth/loginLink.ts'
import { Client } from 'pg'
const cluster = await startCluster({ dataDir: '/tmp/srvtry/data', temporary: true, log: () => undefined })
await applyMigrations({ connectionString: cluster.connectionString, withCurrent: true, logins: { log: () => undefined } })
const log = (l: string, m: string) => console.log('LOG', l, m)
const base = { connectionString: cluster.connectionString, directUrl: cluster.connectionString, port: 0, log }
await startServer({ ...base, host: '0.0.0.0' }).catch((e: Error) => console.log('REFUSED', e.message))
const server = await startServer({ ...base, host: '127.0.0.1' })
console.log(server.url, (await fetch(server.url + '/healthz')).status, (await fetch(server.url + '/')).status)
const c = new Client({ connectionString: cluster.connectionString }); await c.connect()
const link = await createLoginLink({ query: async (t, v) => (await c.query(t, v)).rows, username: 'admin', baseUrl: server.url })
const r = await fetch(server.url + '/auth/login', { method: 'POST', body: JSON.stringify({ token: link.split('=')[1] }) })
const cookie = r.headers.get('set-cookie')!.split(';')[0]!
console.log(r.status, cookie.slice(0, 25), await (await fetch(server.url + '/graphql', { method: 'POST', headers: { cookie, 'content-type': 'application/json' }, body: JSON.stringify({ query: '{signedInUser{username role} schedules{totalCount}}' }) })).text())
await c.end()
const t = performance.now(); await server.close(); console.log('closed in', Math.round(performance.now() - t), 'ms', process.getActiveResourcesInfo())
await cluster.stop(); console.log('stopped')
const u = performance.now(); process.on('exit', () => console.log('process left after', Math.round(performance.now() - u), 'ms'))
