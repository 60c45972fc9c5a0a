import { expect, test } from 'vitest'
import { csvText } from './csv.ts'

test('a file has a line of names, and a line for each row', () => {
  expect(
    csvText(
      ['run', 'error'],
      [
        [7, null],
        [8, 'no table'],
      ],
    ),
  ).toBe('run,error\r\n7,\r\n8,no table\r\n')
})

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1'])(
  '%j is not a formula of a spreadsheet',
  (text) => {
    const [, cell] = csvText(['a'], [[text]]).split(/(?<=^a\r\n)/)
    expect(cell?.replace(/^"/, '').startsWith(`'${text}`)).toBe(true)
  },
)

test('commas, quotes and line breaks stay within their cell', () => {
  expect(csvText(['a'], [['a,b']])).toBe('a\r\n"a,b"\r\n')
  expect(csvText(['a'], [['say "no"\nand more']])).toBe('a\r\n"say ""no""\nand more"\r\n')
  expect(csvText(['a'], [['=HYPERLINK("http://x","y")']])).toBe(`a\r\n"'=HYPERLINK(""http://x"",""y"")"\r\n`)
})
