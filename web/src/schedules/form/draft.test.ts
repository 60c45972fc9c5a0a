// @vitest-environment node
import { expect, test } from 'vitest'
import {
  changesOf,
  definitionOf,
  draftOf,
  emptyDraft,
  PayloadError,
  ruleDefinition,
  payloadForTarget,
  type Saved,
} from './draft.ts'
import { loadTemporal } from '../../time/temporal.ts'

await loadTemporal()

const saved: Saved = {
  name: 'nightly',
  description: null,
  kind: 'cron',
  cronExpression: '30 2 * * *',
  every: null,
  runAt: null,
  timezone: 'Europe/Paris',
  startsAt: '2027-03-25T23:00:00+00:00',
  endsAt: null,
  taskIdentifier: 'report',
  target: 'task',
  taskGroup: null,
  workflowName: null,
  payload: { currency: 'EUR' },
  overlapPolicy: 'queue_one',
  missedRunPolicy: 'skip',
  maxAttempts: 5,
  retryDelay: { minutes: 1, seconds: 30 },
  timeout: { minutes: 15 },
  priority: 0,
  jitter: { minutes: 5 },
  calendars: ['holidays'],
  exclusionPolicy: 'move',
  tags: ['finance'],
  maxRuns: 12,
  maxConcurrent: null,
  resourceGroup: 'gpu',
  retryBackoff: '1.5',
  retryCeiling: { hours: 2 },
  lateTolerance: { minutes: 1 },
  catchupWindow: { days: 1 },
  keepFor: { days: 30 },
  keepFailuresFor: { years: 1 },
  keepLast: 500,
}

test('what does not go with the kind is null', () => {
  const draft = { ...emptyDraft('UTC'), every: '15 minutes', runAt: '2027-01-01T00:00' }

  expect(definitionOf({ ...draft, kind: 'interval' })).toMatchObject({
    cron_expression: null,
    every: '15 minutes',
    run_at: null,
  })
  expect(definitionOf({ ...draft, kind: 'manual' })).toMatchObject({
    cron_expression: null,
    every: null,
    run_at: null,
  })
})

test('wall-clock times go to the database with their zone', () => {
  const draft = {
    ...emptyDraft('Europe/Paris'),
    kind: 'once' as const,
    runAt: '2027-03-28T02:30',
    endsAt: '',
  }

  expect(definitionOf(draft)).toMatchObject({ run_at: '2027-03-28 02:30 Europe/Paris', ends_at: null })
})

test('the statement is the payload of almanac:sql, other tasks have JSON', () => {
  const draft = { ...emptyDraft('UTC'), statement: 'select 1', payload: '{"a": 1}' }

  expect(definitionOf(draft)['payload']).toEqual({ statement: 'select 1' })
  expect(definitionOf({ ...draft, task: 'report' })['payload']).toEqual({ a: 1 })
  expect(() => definitionOf({ ...draft, task: 'report', payload: '{' })).toThrow(PayloadError)
})

test('statements that follow are kept, and part of the payload only where there are any', () => {
  const payload = { statement: 'vacuum a', then: ['vacuum b', 'vacuum c'] }
  const draft = draftOf({ ...saved, taskIdentifier: 'almanac:sql', payload })

  expect(draft).toMatchObject({ statement: 'vacuum a', then: ['vacuum b', 'vacuum c'] })
  expect(definitionOf(draft)['payload']).toEqual(payload)
  expect(changesOf({ ...draft, then: [] }, draft)).toEqual({ payload: { statement: 'vacuum a' } })
})

test('a list of statements is typed as JSON, and opened and saved again as it was', () => {
  const payload = { payloads: [{ statement: 'vacuum a' }, { statement: 'vacuum b' }] }
  const draft = draftOf({ ...saved, taskIdentifier: 'almanac:sql', target: 'list', payload })

  expect(definitionOf(draft)).toMatchObject({ target: 'list', payload })
})

test('a group of tasks has the task of all steps, and the one that it had comes back with another target', () => {
  const draft = draftOf({ ...saved, taskIdentifier: 'almanac:tasks', target: 'GROUP', taskGroup: 'matching' })

  expect(definitionOf(draft)).toMatchObject({
    task_identifier: 'almanac:tasks',
    target: 'group',
    task_group: 'matching',
  })
  expect(definitionOf({ ...draft, target: 'all' })).toMatchObject({ target: 'all', task_group: null })
  expect(definitionOf({ ...draft, target: 'task', task: 'report' })).toMatchObject({
    task_identifier: 'report',
    task_group: null,
  })
})

test('a workflow has the task of all steps and its name, which another target has not', () => {
  const draft = draftOf({
    ...saved,
    taskIdentifier: 'almanac:tasks',
    target: 'WORKFLOW',
    workflowName: 'load',
  })

  expect(definitionOf(draft)).toMatchObject({
    task_identifier: 'almanac:tasks',
    target: 'workflow',
    workflow_name: 'load',
  })
  expect(definitionOf({ ...draft, target: 'all' })).toMatchObject({ target: 'all', workflow_name: null })
})

test('with another target its payload becomes the first element of a list, and the other way round', () => {
  const draft = { ...draftOf(saved), payload: '{"a": 1}' }
  const list = payloadForTarget(draft, 'list')

  expect(JSON.parse(list)).toEqual({ payloads: [{ a: 1 }] })
  expect(JSON.parse(payloadForTarget({ ...draft, target: 'list', payload: list }, 'task'))).toEqual({ a: 1 })
  expect(payloadForTarget({ ...draft, payload: '{' }, 'list')).toBe('{')
})

test('for several tasks the empty statement of a task that is no longer chosen goes, one that was written stays', () => {
  const draft = emptyDraft('UTC')
  expect(JSON.parse(payloadForTarget(draft, 'group'))).toEqual({})
  expect(JSON.parse(payloadForTarget({ ...draft, statement: 'select 1' }, 'all'))).toEqual({
    statement: 'select 1',
  })

  const list = { ...draft, target: 'list', payload: payloadForTarget(draft, 'list') }
  expect(JSON.parse(payloadForTarget(list, 'group'))).toEqual({})
})

test('a saved schedule opened and saved again changes nothing', () => {
  expect(changesOf(draftOf(saved), draftOf(saved))).toEqual({})
  expect(draftOf(saved)).toMatchObject({
    startsAt: '2027-03-26T00:00',
    retryDelay: '1 minute 30 seconds',
    timeout: '15 minutes',
    jitter: '5 minutes',
    calendars: ['holidays'],
    exclusionPolicy: 'move',
    keepFor: '30 days',
    keepFailuresFor: '1 year',
    keepLast: '500',
  })
})

test('an update holds only what differs', () => {
  const before = draftOf(saved)

  expect(changesOf({ ...before, cron: '0 4 * * *', timeout: '' }, before)).toEqual({
    cron_expression: '0 4 * * *',
    timeout: null,
  })
})

test('a new zone moves the wall-clock times with it', () => {
  const before = draftOf(saved)

  expect(changesOf({ ...before, timezone: 'UTC' }, before)).toEqual({
    timezone: 'UTC',
    starts_at: '2027-03-26 00:00 UTC',
  })
})

test('a change of kind clears the old rule', () => {
  const before = draftOf(saved)

  expect(changesOf({ ...before, kind: 'interval', every: '1 hour' }, before)).toEqual({
    kind: 'interval',
    cron_expression: null,
    every: '1 hour',
  })
})

test('the rule can be previewed while the payload is wrong', () => {
  const draft = { ...draftOf(saved), payload: '{' }

  expect(ruleDefinition(draft)).toEqual({
    kind: 'cron',
    cron_expression: '30 2 * * *',
    every: null,
    run_at: null,
    timezone: 'Europe/Paris',
    starts_at: '2027-03-26 00:00 Europe/Paris',
    ends_at: null,
    calendars: ['holidays'],
    exclusion_policy: 'move',
    jitter: '5 minutes',
    max_runs: '12',
  })
})

test('a schedule is enabled from the start unless someone says otherwise', () => {
  const draft = emptyDraft('UTC')

  expect(definitionOf(draft)).not.toHaveProperty('status')
  expect(definitionOf({ ...draft, isEnabled: false })).toMatchObject({ status: 'disabled' })
})

test('what limits and slows it down is read and written as the database has it', () => {
  const draft = draftOf(saved)

  expect(definitionOf(draft)).toMatchObject({
    max_runs: '12',
    max_concurrent: null,
    resource_group: 'gpu',
    retry_backoff: '1.5',
    retry_ceiling: '2 hours',
    late_tolerance: '1 minute',
    catchup_window: '1 day',
  })
  expect(changesOf({ ...draft, maxRuns: '' }, draft)).toEqual({ max_runs: null })
})
