import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

const READ = `
  select v.g ->> 0 as file, v.g ->> 1 as title, s.compiled, s.unchecked, s.wrong, v.g -> 3 as tests
  from jsonb_array_elements($1::jsonb) v(g), lateral almanac_private.read_schema(v.g -> 2) s`

const DECIDED = `
  select r.file, r.title, r.unchecked, r.wrong, t.test ->> 0 as test, t.test -> 1 as data,
    (t.test -> 2)::boolean as is_valid, e.errors = '{}' as fits
  from (${READ}) r, lateral jsonb_array_elements(r.tests) t(test),
    lateral almanac_private.schema_errors(r.compiled, r.compiled, t.test -> 1) e`

async function vectors(): Promise<string> {
  return await readFile(new URL('vectors/jsonSchema.json', import.meta.url), 'utf8')
}

it('decides as the public test suite of JSON Schema says', async () => {
  const decided = await db.query<{ fits: boolean; is_valid: boolean }>(
    `select d.* from (${DECIDED}) d where d.unchecked = '{}' and d.wrong = '{}'`,
    [await vectors()],
  )

  expect(decided.filter(({ fits, is_valid }) => fits !== is_valid)).toEqual([])
  expect(decided.length).toBeGreaterThan(1000)
})

it('lets pass whatever it does not check', async () => {
  const refused = await db.query(
    `select d.* from (${DECIDED}) d where not (d.unchecked = '{}' and d.wrong = '{}') and d.is_valid and not d.fits`,
    [await vectors()],
  )

  expect(refused).toEqual([])
})

it('leaves unchecked what the documents say, and no more', async () => {
  const keywords = await db.query<{ keyword: string }>(
    `select distinct regexp_replace(split_part(u.problem, ':', 1), '^.*/', '') as keyword
     from (${READ}) r, unnest(r.unchecked) u(problem)
     where u.problem !~ 'depends on something that is not checked' and u.problem !~ '^/patternProperties/' order by 1`,
    [await vectors()],
  )

  expect(keywords.map(({ keyword }) => keyword)).toEqual(
    expect.arrayContaining(['$anchor', '$id', '$ref', 'pattern', 'unevaluatedProperties']),
  )
  expect(
    keywords.filter(
      ({ keyword }) =>
        !['$anchor', '$id', '$ref', 'pattern', 'unevaluatedProperties'].includes(keyword) &&
        !/unknown|_of_/.test(keyword),
    ),
  ).toEqual([])
})
