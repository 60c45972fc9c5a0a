import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { released } from './release/released.ts'

/** What `npm version` runs: what is unreleased in CHANGELOG.md becomes the section of the new version. */
const ROOT = resolve(import.meta.dirname, '..')
const PATH = join(ROOT, 'CHANGELOG.md')

const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }
const today = new Date().toISOString().slice(0, 10)
await writeFile(PATH, released(await readFile(PATH, 'utf8'), version, today))
