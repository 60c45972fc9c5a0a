import { glob, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const FOLDERS = '{process,shared,worker,server,web,cli,scripts,bench,tasks,tests,sql}'

test('no files import each other in a circle', async () => {
  const imports = new Map<string, string[]>()
  for await (const file of glob(`${FOLDERS}/**/*.{ts,tsx}`, { cwd: ROOT, exclude: ['sql/migrations/**'] })) {
    const text = await readFile(join(ROOT, file), 'utf8')
    const named = [...text.matchAll(/(?:from |import\(|import )'(\.[^']+\.tsx?)'/g)]
    imports.set(
      file,
      named.map(([, path]) => join(dirname(file), path ?? '')),
    )
  }

  expect(circles(imports)).toEqual([])
})

/** Each file that leads back to itself, with the files on the way. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const way: string[] = []

  function visit(file: string): void {
    if (way.includes(file)) found.push([...way.slice(way.indexOf(file)), file].join(' → '))
    if (way.includes(file) || done.has(file)) return
    way.push(file)
    for (const next of imports.get(file) ?? []) visit(next)
    way.pop()
    done.add(file)
  }

  for (const file of imports.keys()) visit(file)
  return found
}
