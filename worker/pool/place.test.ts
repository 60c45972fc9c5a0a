import type { Client } from 'pg'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { createPlaceWatch, untilAdopted } from './place.ts'
import { queryOn } from '../../process/query.ts'

const db = useTestDatabase()
let client: Client
let said: string[]
beforeAll(async () => {
  client = await db.connect('worker')
})
beforeEach(() => {
  said = []
})

const log = (_level: string, text: string) => void said.push(text)
const enter = (environment: string | undefined, signal: AbortSignal) =>
  untilAdopted({ query: queryOn(client), environment, log, signal, interval: 10 })
const copied = () => db.query('update almanac_private.place set system_identifier = 1')

test('a worker begins at once where its database belongs, and says nothing', async () => {
  await enter(undefined, new AbortController().signal)

  expect(said).toEqual([])
})

test('a worker of another environment is held until the database is adopted for it', async () => {
  await enter('production', new AbortController().signal)

  const held = enter('staging', new AbortController().signal)
  await expect
    .poll(() => said)
    .toEqual([expect.stringMatching(/^HELD: .*environment production.*adopt --skip/)])
  await db.query(`select almanac.adopt('skip', 'staging')`)

  await held
  expect(said.slice(1)).toEqual(['The database was adopted: the worker starts.'])
})

test('a held worker ends when it is asked to', async () => {
  const stop = new AbortController()
  const held = enter('production', stop.signal)
  await expect.poll(() => said).toHaveLength(1)

  stop.abort()

  await held
})

test('a running worker says once a minute that its database became a copy', async () => {
  const watch = createPlaceWatch({ query: queryOn(client), log })
  await watch.beat()
  expect(said).toEqual([])

  await copied()
  await watch.beat()
  await watch.beat()

  expect(said).toEqual([expect.stringMatching(/^HELD: This database is a copy of almanac_test_/)])
})
