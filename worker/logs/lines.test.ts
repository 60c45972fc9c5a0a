import { expect, it } from 'vitest'
import { createRedaction } from './redaction.ts'
import { linesOf } from './lines.ts'

const ESC = '\u001b'

it.each<[string, unknown, string[]]>([
  ['as it is', 'rows 400 of 1000 · é 日本', ['rows 400 of 1000 · é 日本']],
  ['emoji', 'done 🎉', ['done 🎉']],
  ['empty', '', ['']],
  ['several lines', 'one\ntwo\r\nthree\rfour', ['one', 'two', 'three', 'four']],
  ['the end of a line', 'one\n', ['one']],
  ['empty lines within', 'one\n\ntwo\n\n', ['one', '', 'two', '']],
  ['a tab', 'a\tb', ['a\tb']],
  ['colors', `${ESC}[31mred${ESC}[0m`, ['red']],
  ['a link of a terminal', `${ESC}]8;;https://example.com\u0007here${ESC}]8;;\u0007`, ['here']],
  ['NUL and others that draw nothing', 'a\0b\u0007c\u009b', ['a\uFFFDb\uFFFDc\uFFFD']],
  ['text that is turned around', 'a\u202Eb\u2066c', ['a\uFFFDb\uFFFDc']],
  ['half a pair', 'a\uD83Db', ['a\uFFFDb']],
  ['no text', { rows: 4 }, ['{ rows: 4 }']],
  ['nothing', undefined, ['undefined']],
  [
    'what throws when it is shown',
    {
      get [Symbol.toStringTag]() {
        throw new Error('no')
      },
    },
    [expect.any(String)],
  ],
])('a line is kept without what is no text: %s', (_what, message, lines) => {
  expect(linesOf(message, null)).toEqual(lines)
})

it('a long line is cut, says how long it was, and does not end in half a character', () => {
  expect(linesOf('x'.repeat(10_000), null)).toEqual([`${'x'.repeat(4_000)}… (10000 characters)`])
  expect(linesOf(`${'x'.repeat(3_999)}🎉${'x'.repeat(10)}`, null)).toEqual([
    `${'x'.repeat(3_999)}… (4011 characters)`,
  ])
  expect(linesOf(Array(3_000).fill('y'.repeat(999)).join('\n'), null)).toHaveLength(1_000)
})

it('secrets of the worker are not kept, whole or where a line is cut', () => {
  const redaction = createRedaction(new Map([['TOKEN', { value: 'not for everyone', hosts: [] }]]))

  expect(linesOf('I have not for everyone', redaction)).toEqual(['I have {{secret:TOKEN}}'])
  expect(linesOf('a=not%20for%20everyone\nbm90IGZvciBldmVyeW9uZQ==', redaction)).toEqual([
    'a={{secret:TOKEN}}',
    '{{secret:TOKEN}}==',
  ])
  expect(linesOf(`${'x'.repeat(3_990)}not for everyone`, redaction)[0]).not.toContain('not for')
})
