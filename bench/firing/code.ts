import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

type ReadRunTasks = (typeof import('../../worker/runTasks.ts'))['readRunTasks']

/** What of Almanac's code a bench works with. */
export interface Code {
  readonly applyMigrations: (typeof import('../../cli/migrations.ts'))['applyMigrations']
  readonly createRecorder: (typeof import('../../worker/runs/recorder.ts'))['createRecorder']
  readonly createSharing: (typeof import('../../worker/sharing/sharing.ts'))['createSharing']
  readonly addRunTasks: (...args: Parameters<ReadRunTasks>) => Promise<unknown>
  readonly queryOn: (typeof import('../../process/query.ts'))['queryOn']
}

/**
 * The code of the checkout in `folder`, ours if left out: an older one may lack the newer functions, and does not ask for them; what
 * has moved since is looked for in its former place as well.
 */
export async function codeOf(folder = join(import.meta.dirname, '../..')): Promise<Code> {
  const found = await Promise.all([
    load(folder, 'cli/migrations.ts'),
    load(folder, 'worker/runs/recorder.ts', 'worker/recorder.ts'),
    load(folder, 'worker/runTasks.ts'),
    load(folder, 'process/query.ts'),
    load(folder, 'worker/sharing/sharing.ts', 'worker/sharing.ts').catch(() => ({
      createSharing: () => undefined,
    })),
  ])
  const code = Object.assign({}, ...found) as Partial<Code> & { readRunTasks: ReadRunTasks }
  const {
    addRunTasks = async (...args: Parameters<ReadRunTasks>) => (await code.readRunTasks(...args)).add(),
  } = code
  return { ...(code as Code), addRunTasks }
}

async function load(folder: string, file: string, ...former: string[]): Promise<object> {
  try {
    return (await import(pathToFileURL(resolve(folder, file)).href)) as object
  } catch (error) {
    const [next, ...rest] = former
    if (next === undefined) throw error
    return load(folder, next, ...rest)
  }
}
