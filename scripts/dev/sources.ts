import { watch } from 'node:fs'
import { join } from 'node:path'

type PartName = 'server' | 'worker'

/** Folders that a running part reads, and which; the rest is Vite's, or read by tests only. */
const READERS: Readonly<Record<string, readonly PartName[]>> = {
  cli: ['server', 'worker'],
  process: ['server', 'worker'],
  server: ['server'],
  shared: ['server', 'worker'],
  sql: ['server', 'worker'],
  tasks: ['worker'],
  worker: ['server', 'worker'],
}
const NOT_READ =
  /\.test\.ts$|\/testing\/|^sql\/(tests|schema\.sql|rights\.sql)|^server\/(golden|schema\.graphql)/
/** Editors save in several steps. */
const SETTLED_AFTER_MS = 100

/** The parts that read one of these files. */
export function partsThatRead(paths: readonly string[]): PartName[] {
  return [
    ...new Set(paths.flatMap((path) => (NOT_READ.test(path) ? [] : (READERS[path.split('/')[0]!] ?? [])))),
  ]
}

/** Calls `onChange` with the files that have changed, one call after the other; resolves what it returns when it no longer watches. */
export function watchSources(
  root: string,
  onChange: (paths: readonly string[]) => Promise<void>,
): () => Promise<void> {
  const changed = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let turn = Promise.resolve()
  const watchers = Object.keys(READERS).map((folder) =>
    watch(join(root, folder), { recursive: true }, (_event, name) => {
      const path = `${folder}/${name ?? ''}`
      if (partsThatRead([path]).length === 0) return
      changed.add(path)
      clearTimeout(timer)
      timer = setTimeout(flush, SETTLED_AFTER_MS)
    }),
  )

  function flush(): void {
    const paths = [...changed].sort()
    changed.clear()
    turn = turn.then(() => onChange(paths))
  }

  return async () => {
    watchers.forEach((watcher) => watcher.close())
    clearTimeout(timer)
    await turn
  }
}
