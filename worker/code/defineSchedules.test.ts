import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask } from '../defineTask.ts'
import { defineSchedules } from './defineSchedules.ts'

const send = defineTask({
  payload: z.object({ to: z.string(), copies: z.int().default(1) }),
  run: () => null,
})
const clean = defineTask({ payload: z.object({ days: z.int().default(7) }), run: () => null })
const plain = () => undefined
const tasks = { send, clean, plain }
const at = { name: 'x', kind: 'manual' } as const

test('definitions are kept as they are, with owner and version', () => {
  const schedules = [
    {
      name: 'nightly',
      kind: 'cron',
      cron_expression: '0 2 * * *',
      task_identifier: 'send',
      payload: { to: 'ann' },
    },
  ] as const

  expect(defineSchedules(tasks, schedules, { owner: 'billing', version: '1.4' })).toEqual({
    owner: 'billing',
    version: '1.4',
    schedules,
  })
})

test('a payload has the type of its task', () => {
  defineSchedules(tasks, [
    { ...at, task_identifier: 'send', payload: { to: 'ann', copies: 2 } },
    { ...at, task_identifier: 'clean' },
    { ...at, task_identifier: 'plain', payload: { any: 'thing' } },
    { ...at, task_identifier: 'almanac:sql', payload: { statement: 'select 1' } },
    {
      ...at,
      task_identifier: 'send',
      target: 'list',
      payload: { copies: 2, payloads: [{ to: 'ann' }, { to: 'bob' }] },
    },
    { ...at, target: 'group', task_group: 'nightly' },
    { ...at, target: 'all', status: 'active' },
    { ...at, target: 'workflow', workflow_name: 'sync' },
  ])

  // @ts-expect-error: `to` must be a text
  defineSchedules(tasks, [{ ...at, task_identifier: 'send', payload: { to: 5 } }])
  // @ts-expect-error: it needs a payload
  defineSchedules(tasks, [{ ...at, task_identifier: 'send' }])
  defineSchedules(tasks, [
    // @ts-expect-error: there is no such part of the payload
    { name: 'x', kind: 'manual', task_identifier: 'send', payload: { to: 'ann', copy: 1 } },
    // @ts-expect-error: an element of a list must fit too
    { ...at, task_identifier: 'send', target: 'list', payload: { payloads: [{ to: 5 }] } },
  ])
})

test('a schedule has the columns that go with its kind and target', () => {
  // @ts-expect-error: cron needs an expression
  defineSchedules(tasks, [{ name: 'x', kind: 'cron', task_identifier: 'clean' }])
  // @ts-expect-error: there is no such column
  defineSchedules(tasks, [{ ...at, task_identifier: 'clean', jiter: '1 minute' }])
  // @ts-expect-error: a schedule begins active or disabled
  defineSchedules(tasks, [{ ...at, task_identifier: 'clean', status: 'paused' }])
  // @ts-expect-error: a group has a name
  defineSchedules(tasks, [{ ...at, target: 'group' }])
})

test('a task that is not among those given is a type error, and an error', () => {
  expect(() =>
    // @ts-expect-error: there is no such task
    defineSchedules(tasks, [{ ...at, task_identifier: 'sent' }]),
  ).toThrow(
    'The schedule "x" names the task "sent", which is not among those given to defineSchedules(): send, clean, plain.',
  )
})
