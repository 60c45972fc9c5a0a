// @vitest-environment node
import { CombinedError } from 'urql'
import { expect, test } from 'vitest'
import { answerOf } from './answer.ts'

const live = { asOf: null, currentSince: 0 }
const error = new CombinedError({ networkError: new Error('gone') })
const answered = { key: 1, data: 'new', error: undefined, isAnswered: true }
const pending = { ...answered, isAnswered: false }
const failed = { key: 1, data: undefined, error, isAnswered: false }
const kept = { key: 1, data: 'old', at: 5_000 }

test('what the database just said is so now', () => {
  expect(answerOf(answered, null, live)).toEqual({ data: 'new', asOf: null })
})

test('what a cache kept has no known age until it is answered', () => {
  expect(answerOf(pending, null, live)).toEqual({ data: 'new', asOf: undefined })
  expect(answerOf(pending, { ...kept, key: 2 }, live)).toEqual({ data: 'new', asOf: undefined })
})

test('what is asked again because it may have changed stays as it is meanwhile', () => {
  expect(answerOf({ ...pending, data: undefined }, kept, live)).toEqual({ data: 'old', asOf: null })
})

test('an error leaves the last answer, with its age, and of another question nothing', () => {
  expect(answerOf(failed, kept, live)).toEqual({ data: 'old', asOf: 5_000 })
  expect(answerOf(failed, { ...kept, key: 2 }, live)).toEqual({ data: undefined, asOf: undefined })
})

test('an error leaves what a cache knew, as of no known time unless the line was lost', () => {
  const known = { ...kept, at: null }

  expect(answerOf(failed, known, live)).toEqual({ data: 'old', asOf: undefined })
  expect(answerOf(failed, known, { ...live, asOf: 4_000 })).toEqual({ data: 'old', asOf: 4_000 })
  expect(answerOf({ ...pending, data: undefined }, known, live)).toEqual({ data: 'old', asOf: undefined })
})

test('an answer with an error is not used, whatever it holds', () => {
  expect(answerOf({ ...failed, data: 'half' }, null, live).data).toBeUndefined()
})

test('while the line is lost all is as old as its last word, or as an answer since', () => {
  const lost = { asOf: 4_000, currentSince: 0 }

  expect(answerOf(answered, { ...kept, at: 3_000 }, lost).asOf).toBe(4_000)
  expect(answerOf(answered, kept, lost).asOf).toBe(5_000)
  expect(answerOf(failed, kept, lost).asOf).toBe(4_000)
})

test('after a loss each answer is old until it is given again', () => {
  const back = { asOf: null, currentSince: 9_400 }

  expect(answerOf(pending, kept, back).asOf).toBe(5_000)
  expect(answerOf(answered, kept, back).asOf).toBeNull()
  expect(answerOf(pending, { ...kept, at: 9_000 }, back).asOf).toBeNull()
})
