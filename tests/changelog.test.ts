import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

it('says nothing twice', async () => {
  const text = await readFile('CHANGELOG.md', 'utf8')
  const entries = text
    .split(/^(?=- |#|$)/m)
    .filter((part) => part.startsWith('- '))
    .map((part) => part.replace(/\s+/g, ' ').trim())

  // A merge that keeps both sides of an edited entry leaves two that begin alike.
  const begun = entries.map((entry) => entry.slice(0, 50))
  expect(entries.length).toBeGreaterThan(50)
  expect(entries.filter((entry, index) => begun.indexOf(entry.slice(0, 50)) !== index)).toEqual([])
})

it('has each section of a version once', async () => {
  const text = await readFile('CHANGELOG.md', 'utf8')

  for (const version of text.split(/^## /m).slice(1)) {
    const sections = [...version.matchAll(/^### (.*)$/gm)].map(([, name]) => name)
    expect(sections).toEqual([...new Set(sections)])
  }
})
