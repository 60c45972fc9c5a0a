// @vitest-environment node
import { expect, test } from 'vitest'
import { jsonProblem } from './jsonProblem.ts'

const hint = 'Names and texts are in double quotes: {"to": "ann@example.com"}.'

function problemOf(text: string): string | null {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return jsonProblem(error, text)
  }
}

test('what is not JSON is told with its place', () => {
  expect(problemOf("{\n  'to': 1\n}")).toBe(`Not valid JSON at line 2, character 3. ${hint}`)
})

test('where a browser does not tell the place, what is wrong is told', () => {
  expect(jsonProblem(new SyntaxError('JSON Parse error'), '{')).toBe(`Not valid JSON. ${hint}`)
})
