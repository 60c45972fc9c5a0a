import { types } from 'pg'
import { expect, test } from 'vitest'
import { MOST_BYTES, writeDocument, type Format } from './document.ts'

const { BOOL, INT4, INT8, FLOAT8, JSONB, TEXT } = types.builtins
const heading = { title: 'Sales <today>', introduction: 'As <asked>' }

/** A document of one column. */
const write = (format: Format, cells: readonly (string | null)[], type: number = TEXT, isCut = false) =>
  writeDocument({ columns: [{ name: 'a', type }], rows: cells.map((cell) => [cell]), isCut }, format, heading)

test.each([
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['a"b', '"a""b"'],
  ['a\nb', '"a\nb"'],
  ['', '""'],
  [null, ''],
  [' a', '" a"'],
  ['=1+1', "'=1+1"],
  ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
  ['+1 (555)', "'+1 (555)"],
  ['-1 day', "'-1 day"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', `"'\t=1"`],
  ['＝1', "'＝1"],
  ['-1.5', '-1.5'],
  ['+3', '+3'],
  ['-2e-7', '-2e-7'],
  ['-1+cmd', "'-1+cmd"],
])('%j is %s in CSV', async (cell, written) => {
  expect((await write('csv', [cell])).text).toBe(`a\r\n${written}\r\n`)
})

test('the name of a column is not a formula either', async () => {
  const { text } = await writeDocument(
    {
      columns: [
        { name: '=1', type: TEXT },
        { name: 'b,c', type: TEXT },
      ],
      rows: [],
      isCut: false,
    },
    'csv',
    heading,
  )

  expect(text).toBe(`'=1,"b,c"\r\n`)
})

test.each([
  ['t', BOOL, true],
  ['f', BOOL, false],
  ['-5', INT4, -5],
  ['9007199254740993', INT8, '9007199254740993'],
  ['1.5', FLOAT8, 1.5],
  ['NaN', FLOAT8, 'NaN'],
  ['-Infinity', FLOAT8, '-Infinity'],
  ['{"b": [1, null]}', JSONB, { b: [1, null] }],
  ['5', TEXT, '5'],
  ['"quoted"', TEXT, '"quoted"'],
  [null, TEXT, null],
])('%j of the type %i is %j in JSON', async (cell, type, value) => {
  const { text } = await write('json', [cell, cell], type)

  expect(JSON.parse(text)).toEqual([{ a: value }, { a: value }])
})

test('JSON without rows is an empty list', async () => {
  expect(JSON.parse((await write('json', [])).text)).toEqual([])
})

test('two columns of one name do not make JSON', async () => {
  const columns = [1, 2].map(() => ({ name: 'a', type: TEXT }))

  await expect(writeDocument({ columns, rows: [], isCut: false }, 'json', heading)).rejects.toThrow(
    'Two columns of the report are called "a"',
  )
})

test('nothing in HTML is more than text', async () => {
  const { text } = await writeDocument(
    {
      columns: [
        { name: '<b>', type: TEXT },
        { name: 'n', type: INT4 },
      ],
      rows: [
        [`<script>alert("&'")</script>`, '1'],
        [null, null],
      ],
      isCut: false,
    },
    'html',
    heading,
  )

  expect(text).toContain('<title>Sales &lt;today&gt;</title>')
  expect(text).toContain('<p style="white-space: pre-line">As &lt;asked&gt;</p>')
  expect(text).toContain('<tr><th>&lt;b&gt;</th><th>n</th></tr>')
  expect(text).toContain(
    '<tr><td>&lt;script&gt;alert(&quot;&amp;&#39;&quot;)&lt;/script&gt;</td><td align="right">1</td></tr>',
  )
  expect(text).toContain('<tr><td></td><td align="right"></td></tr>')
  expect(text).toContain('<p>2 rows.</p>')
})

test.each(['csv', 'json', 'html'] as const)(
  '%s is cut where it would become too large, and says so',
  async (format) => {
    const cells = Array.from({ length: 7 }, () => 'x'.repeat(1_000_000))

    const document = await write(format, cells)
    expect(document).toMatchObject({ rows: 5, isCut: true })
    expect(Buffer.byteLength(document.text)).toBeLessThan(MOST_BYTES + 1_000)
    if (format === 'json') expect(JSON.parse(document.text)).toHaveLength(5)
    if (format === 'html') expect(document.text).toContain('<p>The first 5 rows; there are more.</p>')
  },
)

test('what was cut when it was read is cut in the document', async () => {
  expect(await write('csv', ['1'], INT4, true)).toMatchObject({ rows: 1, isCut: true })
})
