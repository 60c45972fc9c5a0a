import { expect, it } from 'vitest'
import type { TestCase } from 'vitest/node'
import SecondTries from './secondTries.ts'

const tried = (name: string, flaky: boolean) =>
  ({
    fullName: name,
    module: { relativeModuleId: 'server/a.test.ts' },
    diagnostic: () => ({ flaky }),
    result: () => ({ errors: flaky ? [{ message: 'came late' }] : [] }),
  }) as unknown as TestCase

function run(tests: readonly TestCase[]) {
  const said: string[] = []
  let failed = false
  const reporter = new SecondTries({
    say: (text) => said.push(text),
    fail: () => {
      failed = true
    },
  })
  tests.forEach((test) => reporter.onTestCaseResult(test))
  reporter.onTestRunEnd()
  return { said, failed }
}

it('says nothing of tests that passed at once', () => {
  expect(run([tried('one', false)])).toEqual({ said: [], failed: false })
})

it('names a test that needed a second try, with its first error', () => {
  expect(run([tried('one', false), tried('two', true)])).toEqual({
    said: [
      'Passed at the second try only; each is a fault to be found:\n  server/a.test.ts > two\n    came late',
    ],
    failed: false,
  })
})

it('fails a run in which more than two did', () => {
  const { said, failed } = run(['one', 'two', 'three'].map((name) => tried(name, true)))
  expect(failed).toBe(true)
  expect(said.at(-1)).toBe('3 tests needed a second try; 2 may.')
})
