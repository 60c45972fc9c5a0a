import type { Reporter, TestCase } from 'vitest/node'

/**
 * How many tests of a run may pass at their second try only. Programs, browsers and a database share the cores
 * of one machine here, and what one of thousands of tests waits for may come late once; three are a fault.
 */
const MOST = 2

interface Outlets {
  say: (text: string) => void
  /** Fails the run. */
  fail: () => void
}

/** Names each test that needed a second try and why, and fails a run in which more than two did. */
export default class SecondTries implements Reporter {
  readonly #tests: TestCase[] = []
  readonly #say: Outlets['say']
  readonly #fail: Outlets['fail']

  /** Vitest gives no options. */
  constructor({ say, fail }: Partial<Outlets> = {}) {
    this.#say = say ?? ((text) => console.error(text))
    this.#fail =
      fail ??
      (() => {
        process.exitCode = 1
      })
  }

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky) this.#tests.push(test)
  }

  onTestRunEnd(): void {
    if (this.#tests.length === 0) return
    const named = this.#tests.map((test) => {
      const errors = test.result().errors ?? []
      return `  ${test.module.relativeModuleId} > ${test.fullName}\n    ${errors[0]?.stack ?? errors[0]?.message ?? 'unknown error'}`
    })
    this.#say(`Passed at the second try only; each is a fault to be found:\n${named.join('\n')}`)
    if (this.#tests.length <= MOST) return
    this.#say(`${this.#tests.length} tests needed a second try; ${MOST} may.`)
    this.#fail()
  }
}
