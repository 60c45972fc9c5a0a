import { execFileSync } from 'node:child_process'

/** Files that differ from `base`, those that git does not know yet too; without a base: from the last commit. */
export function changedFiles(base = 'HEAD'): string[] {
  const lines = (...args: string[]) =>
    execFileSync('git', args, { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '')
  const changed = lines('diff', '--name-only', '--diff-filter=d', base)
  return [...new Set([...changed, ...lines('ls-files', '--others', '--exclude-standard')])]
}
