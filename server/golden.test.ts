import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { signIn, startTestServer, type TestRole, type TestServer } from './testing/client.ts'

const FOLDER = join(import.meta.dirname, 'golden')

const db = useTestDatabase()
let server: TestServer
let as: Record<TestRole, Awaited<ReturnType<typeof signIn>>>
beforeAll(async () => {
  server = await startTestServer(db)
  as = {
    viewer: await signIn(db, server, 'viewer'),
    operator: await signIn(db, server, 'operator'),
    admin: await signIn(db, server, 'admin'),
  }
  const seed = await db.connect('operator')
  await seed.query(await readFile(join(FOLDER, 'seed.sql'), 'utf8'))
  await db.query(await readFile(join(FOLDER, 'seed.owner.sql'), 'utf8'))
})
afterAll(async () => {
  await server.close()
})

/** Each operation in golden/ is sent as the role that its first line names; `vitest --update` writes what it answers. */
it.each(readdirSync(FOLDER).filter((name) => name.endsWith('.graphql')))('%s', async (name) => {
  const operation = await readFile(join(FOLDER, name), 'utf8')
  const role = /^# As (viewer|operator|admin): /.exec(operation)?.[1] as TestRole

  const answer = await as[role].graphql(operation)

  await expect(`${JSON.stringify(answer, null, 2)}\n`).toMatchFileSnapshot(
    join(FOLDER, name.replace('.graphql', '.result')),
  )
})
