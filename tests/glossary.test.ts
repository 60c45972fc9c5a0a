import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** What follows the word list. */
const FOLDERS = [
  'sql/functions',
  'web/src',
  'worker',
  'server',
  'cli',
  'process',
  'shared',
  'tasks',
  'scripts',
  'bench',
  'docs',
  'sql/tests',
  'tests',
]
// The print of the schema has the comments of tables and types, which only migrations write.
const FILES = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'sql/schema.sql']

/** Texts that name a word to avoid because they are about it, or are another's. */
const EXEMPT = ['docs/glossary.md', 'tests/glossary.test.ts']

async function texts(): Promise<string[]> {
  const found = await Promise.all(
    FOLDERS.map(async (folder) =>
      (await readdir(folder, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile() && /\.(?:ts|tsx|css|md|sql)$/.test(entry.name))
        .map(({ parentPath, name }) => join(parentPath, name)),
    ),
  )
  return [...found.flat(), ...FILES].filter(
    (path) => !path.includes('.generated.') && !EXEMPT.some((exempt) => path.startsWith(exempt)),
  )
}

/** The words in the last column of the glossary's tables. */
async function wordsToAvoid(): Promise<string[]> {
  const rows = (await readFile('docs/glossary.md', 'utf8')).split('\n').filter((line) => line.startsWith('|'))
  return rows.flatMap((row) =>
    [...(row.split('|').at(-2) ?? '').matchAll(/`([^`]+)`/g)].map(([, word]) => word!),
  )
}

/** "The payload is no object", which is not English as "there is no object" and "is no longer" are. */
const IS_NO =
  /(?<!\bthere )\b(?:is|are|was|were) no (?!(?:one|longer|more|less|way|later|earlier|larger|wider|faster)\b)/i

async function lines(): Promise<{ place: string; line: string }[]> {
  const found: { place: string; line: string }[] = []
  for (const path of await texts())
    for (const [index, line] of (await readFile(path, 'utf8')).split('\n').entries())
      found.push({ place: `${path}:${index + 1}`, line: line.trim() })
  return found
}

test('texts use the words of the glossary', async () => {
  const words = await wordsToAvoid()
  const avoided = new RegExp(
    `(?<![\\w'"-])(?:${words.join('|')})(?![\\w-])|(?<![\\w-])(?:${words.join('|')})(?![\\w'"-])`,
    'i',
  )

  const found = (await lines()).flatMap(({ place, line }) => {
    const word = avoided.exec(line)?.[0]
    return word === undefined ? [] : [`${place} ${word}: ${line}`]
  })

  expect(words).toContain('anew')
  expect(found).toEqual([])
})

test('texts say what something is not with "not a"', async () => {
  const found = (await lines()).filter(({ line }) => IS_NO.test(line))

  expect(found).toEqual([])
})
