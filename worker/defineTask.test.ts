import type { JobHelpers } from 'graphile-worker'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { defineTask, type DefinedTask } from './defineTask.ts'
import type { RunHelpers } from './run.ts'
import { isPermanent } from './runs/permanent.ts'

const helpers = { run: {} } as RunHelpers

const report = defineTask({
  label: 'Report',
  group: 'nightly',
  payload: z.object({
    team: z.string(),
    day: z.iso.date().transform((day) => new Date(day)),
    copies: z.int().default(1),
  }),
  run: ({ team, day, copies }) => `${copies} for ${team} of ${day.getUTCFullYear()}`,
})

test('the metadata of a task has the JSON Schema of what schedules give', () => {
  expect(report.metadata).toEqual({
    label: 'Report',
    group: 'nightly',
    payloadSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        team: { type: 'string' },
        day: expect.objectContaining({ type: 'string', format: 'date' }) as object,
        copies: expect.objectContaining({ type: 'integer', default: 1 }) as object,
      },
      required: ['team', 'day'],
    },
  })
})

test('the types of a payload are those of its schema: what a schedule gives, and what the task gets', () => {
  expectTypeOf(report).toEqualTypeOf<
    DefinedTask<{ team: string; day: string; copies?: number | undefined }>
  >()
  defineTask({
    payload: z.object({ day: z.iso.date().transform((day) => new Date(day)) }),
    run: ({ day }) => expectTypeOf(day).toEqualTypeOf<Date>(),
  })
  defineTask<{ region: string }>({ run: ({ region }) => expectTypeOf(region).toEqualTypeOf<string>() })
})

test('a task gets what its schema makes of the payload', async () => {
  expect(await report({ team: 'sales', day: '2026-03-01' }, helpers)).toBe('1 for sales of 2026')
})

test('a payload that does not fit fails for good, and says where', async () => {
  const error: unknown = await Promise.resolve(report({ team: 5, day: '2026-03-01' }, helpers)).catch(
    (reason: unknown) => reason,
  )

  expect(error).toEqual(
    expect.objectContaining({ message: expect.stringMatching(/does not fit the task\. \/team: /) as string }),
  )
  expect(isPermanent(error)).toBe(true)
})

test('without a schema the payload is passed as it is', async () => {
  expect(
    await defineTask<{ region: string }>({ run: ({ region }) => region })({ region: 'eu' }, helpers),
  ).toBe('eu')
})

test('a plain job of it is refused with what to do', async () => {
  const job = { job: { task_identifier: 'report' } } as JobHelpers

  await expect(Promise.resolve(report({ team: 'sales', day: '2026-03-01' }, job))).rejects.toThrow(
    'This job of report belongs to no run, for which its task is defined. Give it a schedule',
  )
})

test('a schema that does not tell its JSON Schema is refused, with the libraries that do', () => {
  const schema = { '~standard': { version: 1, vendor: 'older' } } as const

  expect(() => defineTask({ payload: schema, run: () => undefined })).toThrow(
    /older\) does not tell its JSON Schema.*Zod from 4\.2/,
  )
})
