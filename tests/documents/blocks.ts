import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

/** A fenced block of a page. */
export interface Block {
  readonly page: string
  /** Where it stands: `docs/cron.md:10`. */
  readonly place: string
  readonly language: string
  readonly code: string
  /** Why it is not run, as its fence says: "```sh norun: tests/start.test.ts runs it". */
  readonly notRun: string | null
}

/** The pages in the order in which a reader meets them: README first, then those that it names, then the others. */
export function pages(): string[] {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const named = [...readme.split('Read on:')[1]!.matchAll(/\]\((docs\/[^)]+\.md)\)/g)].map(
    ([, page]) => page!,
  )
  const all = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`)
    .sort()
  return [...new Set(['README.md', ...named, ...all])]
}

const FENCED = /^( *)```(.*)\n([^]*?)^\1```$/gm

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(FENCED)].map((match) => {
    const [, , info = '', code = ''] = match
    const [, language = '', reason] = /^(\S*)(?: norun: (.+))?$/.exec(info) ?? []
    return {
      page,
      place: `${page}:${text.slice(0, match.index).split('\n').length}`,
      language,
      code,
      notRun: reason ?? null,
    }
  })
}

/** Whole statements within the text of a page. A `…` in one stands for what a reader puts there. */
export function statementsIn(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(FENCED, '')
  return [...text.matchAll(/`((?:select|(?:insert|update|delete|grant|create|alter) [^\s`]+) [^`…]+)`/g)].map(
    ([, statement]) => statement!.replaceAll('\\|', '|'),
  )
}
