import { expect, test } from 'vitest'
import { functionOrder } from './functionOrder.ts'

const inSql = (name: string, calls: string) =>
  `create or replace function almanac.${name}() returns int\nlanguage sql stable\nreturn ${calls};\n`
const inPlpgsql = (name: string, calls: string) =>
  `create or replace function almanac.${name}() returns int\nlanguage plpgsql stable\nas $$\nbegin\n  return ${calls};\nend\n$$;\n`
const order = (...files: [string, string][]) => functionOrder(new Map(files))

test('a function in SQL follows what it calls, and all else stays in its order', () => {
  expect(
    order(
      ['a', inSql('a', 'almanac.c()')],
      ['b', inSql('b', '1')],
      ['c', inSql('c', 'almanac.d()')],
      ['d', inSql('d', '2')],
    ),
  ).toEqual(['d', 'c', 'a', 'b'])
})

test('functions in PL/pgSQL may call each other', () => {
  expect(order(['a', inPlpgsql('a', 'almanac.b()')], ['b', inPlpgsql('b', 'almanac.a()')])).toEqual([
    'a',
    'b',
  ])
})

test('a trigger follows its function, and a comment needs nothing', () => {
  const trigger =
    'create or replace trigger t after insert on almanac.runs for each row execute function almanac.b();\n'

  expect(
    order(
      ['a', trigger],
      ['b', `${inSql('b', '1')}comment on function almanac.b() is 'See almanac.a().';\n`],
    ),
  ).toEqual(['b', 'a'])
})

test('functions in SQL that call each other are named', () => {
  expect(() => order(['a', inSql('a', 'almanac.b()')], ['b', inSql('b', 'almanac.a()')])).toThrow('a → b → a')
})
