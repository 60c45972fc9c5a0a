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

test('texts use the words of the glossary', async () => {
  const words = await wordsToAvoid()
  const avoided = new RegExp(
    `(?<![\\w'"-])(?:${words.join('|')})(?![\\w-])|(?<![\\w-])(?:${words.join('|')})(?![\\w'"-])`,
    'i',
  )
  const found: string[] = []
  for (const path of await texts()) {
    const lines = (await readFile(path, 'utf8')).split('\n')
    for (const [index, line] of lines.entries()) {
      const word = avoided.exec(line)?.[0]
      if (word !== undefined) found.push(`${path}:${index + 1} ${word}: ${line.trim()}`)
    }
  }

  expect(words).toContain('anew')
  expect(found).toEqual([])
})
