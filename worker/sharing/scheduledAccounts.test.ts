import { expect, test } from 'vitest'
import type { Query } from '../../process/query.ts'
import { createScheduledAccounts } from './scheduledAccounts.ts'

const answering = (...answers: Promise<{ account: string }[]>[]): { query: Query; asked: () => number } => {
  let asked = 0
  return { query: (() => answers[asked++]) as unknown as Query, asked: () => asked }
}

test('they are looked up once before the first run, and that is waited for', async () => {
  const { query, asked } = answering(Promise.resolve([{ account: 'billing' }]))
  const scheduled = createScheduledAccounts({ query, log: () => undefined })

  await scheduled.known()
  await scheduled.known()

  expect([...scheduled.accounts()]).toEqual(['billing'])
  expect(asked()).toBe(1)
})

test('while they are looked up again, as where the schedules are locked, no run waits for that', async () => {
  let now = 0
  const { query, asked } = answering(Promise.resolve([{ account: 'billing' }]), new Promise(() => undefined))
  const scheduled = createScheduledAccounts({ query, log: () => undefined, now: () => now, pause: 0 })
  await scheduled.known()

  now = 60_000
  scheduled.beat()
  await scheduled.known()
  await expect.poll(asked).toBe(2)
  now = 120_000
  scheduled.beat()
  await scheduled.known()

  expect(asked()).toBe(2)
  expect([...scheduled.accounts()]).toEqual(['billing'])
})

test('when schedules have changed they are looked up again at once, and once for all changes meanwhile', async () => {
  const { promise, resolve } = Promise.withResolvers<{ account: string }[]>()
  const { query, asked } = answering(promise, Promise.resolve([{ account: 'billing' }]))
  const scheduled = createScheduledAccounts({ query, log: () => undefined, pause: 0 })

  scheduled.changed()
  await expect.poll(asked).toBe(1)
  for (let change = 0; change < 100; change++) scheduled.changed()
  resolve([])
  await scheduled.known()

  await expect.poll(() => [...scheduled.accounts()]).toEqual(['billing'])
  expect(asked()).toBe(2)
})

test('what cannot be looked up is as it was, and said', async () => {
  const messages: string[] = []
  const { query } = answering(Promise.reject(new Error('gone')))
  const scheduled = createScheduledAccounts({ query, log: (_level, message) => messages.push(message) })

  await scheduled.known()

  expect(scheduled.accounts().size).toBe(0)
  expect(messages.join()).toContain('gone')
})
