import { expect, test } from 'vitest'
import type { Query } from '../process/query.ts'
import { createScheduledRoles } from './scheduledRoles.ts'

const answering = (...answers: Promise<{ role: string }[]>[]): { query: Query; asked: () => number } => {
  let asked = 0
  return { query: (() => answers[asked++]) as unknown as Query, asked: () => asked }
}

test('they are looked up once before the first run, and that is waited for', async () => {
  const { query, asked } = answering(Promise.resolve([{ role: 'billing' }]))
  const scheduled = createScheduledRoles({ query, log: () => undefined })

  await scheduled.known()
  await scheduled.known()

  expect([...scheduled.roles()]).toEqual(['billing'])
  expect(asked()).toBe(1)
})

test('while they are looked up again, as where the schedules are locked, no run waits for that', async () => {
  let now = 0
  const { query, asked } = answering(Promise.resolve([{ role: 'billing' }]), new Promise(() => undefined))
  const scheduled = createScheduledRoles({ query, log: () => undefined, now: () => now })
  await scheduled.known()

  now = 60_000
  scheduled.beat()
  await scheduled.known()
  now = 120_000
  scheduled.beat()

  expect(asked()).toBe(2)
  expect([...scheduled.roles()]).toEqual(['billing'])
})

test('what cannot be looked up is as it was, and said', async () => {
  const messages: string[] = []
  const { query } = answering(Promise.reject(new Error('gone')))
  const scheduled = createScheduledRoles({ query, log: (_level, message) => messages.push(message) })

  await scheduled.known()

  expect(scheduled.roles().size).toBe(0)
  expect(messages.join()).toContain('gone')
})
