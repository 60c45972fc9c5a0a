// @vitest-environment node
import { expect, test } from 'vitest'
import {
  groupFailures,
  activeText,
  groupNext,
  noneText,
  relianceOf,
  type FailedRun,
  type NextOccurrence,
} from './nextUp.ts'

const at = Date.parse('2026-11-25T13:00Z')
const next = (name: string, minutes: number): NextOccurrence => ({
  scheduleId: name,
  name,
  at: at + minutes * 60_000,
})
const failed = (name: string, minutes: number): FailedRun => ({
  runId: `${name} ${minutes}`,
  scheduleId: name,
  name,
  at: at + minutes * 60_000,
  reason: null,
})

test('what is due comes in order of time, up to a limit', () => {
  const groups = groupNext([next('c', 30), next('a', 10), next('b', 20)], 2)

  expect(groups.map(({ names }) => names)).toEqual([['a'], ['b']])
})

test('two at one moment keep a line each, more share one', () => {
  const groups = groupNext(
    [...['a', 'b'].map((name) => next(name, 10)), ...['c', 'd', 'e'].map((name) => next(name, 20))],
    7,
  )

  expect(groups.map(({ names }) => names.join())).toEqual(['a', 'b', 'c,d,e'])
})

test('where not all were asked for, there may be more at the last moment', () => {
  const many = ['b', 'c', 'd'].map((name) => next(name, 20))
  const cut = (isNextCut: boolean) =>
    groupNext([next('a', 10), ...many], 7, isNextCut).map(({ isCut }) => isCut)

  expect([cut(true), cut(false)]).toEqual([
    [false, true],
    [false, false],
  ])
})

test('what is unfinished is told after how many run, of which there may be none', () => {
  const text = (running: number, active: number, retrying: number) =>
    activeText({ runningCount: running, activeCount: active, retryingCount: retrying }, String)

  expect([text(3, 8, 1), text(0, 7, 4), text(0, 0, 0)]).toEqual([
    '3, 4 waiting, 1 retrying',
    'none, 3 waiting, 4 retrying',
    '0',
  ])
})

test('failures of one schedule are one group, the latest group first', () => {
  const groups = groupFailures(
    [failed('stripe', 1), failed('stripe', 5), failed('tax', 9), failed('stripe', 3)],
    6,
  )

  expect(groups.map(({ name, runs }) => [name, runs.length])).toEqual([
    ['tax', 1],
    ['stripe', 3],
  ])
  expect(groups[1]).toMatchObject({ first: at + 60_000, last: at + 5 * 60_000 })
  expect(groups[1]?.runs[0]?.runId).toBe('stripe 5')
})

test('that there is none is a fact only when the database says so now', () => {
  const none = (asOf: number | null | undefined) =>
    noneText('No failures', relianceOf(asOf), (time) => new Date(time).toISOString().slice(11, 19))

  expect(none(null)).toBe('No failures.')
  expect(none(at)).toBe('No failures as of 13:00:00.')
  expect(none(undefined)).toBe('Checking')
})
