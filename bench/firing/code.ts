import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What of Almanac's code a bench works with. */
export interface Code {
  readonly applyMigrations: (typeof import('../../cli/migrations.ts'))['applyMigrations']
  readonly createRecorder: (typeof import('../../worker/recorder.ts'))['createRecorder']
  readonly createSharing: (typeof import('../../worker/sharing.ts'))['createSharing']
  readonly addRunTasks: (typeof import('../../worker/runTasks.ts'))['addRunTasks']
  readonly queryOn: (typeof import('../../process/query.ts'))['queryOn']
}

/** The code of the checkout in `folder`, ours if left out: an older one may lack the newer functions, and does not ask for them. */
export async function codeOf(folder = join(import.meta.dirname, '../..')): Promise<Code> {
  const files = ['cli/migrations.ts', 'worker/recorder.ts', 'worker/runTasks.ts', 'process/query.ts']
  const found = await Promise.all(files.map((file) => load(folder, file)))
  const sharing = await load(folder, 'worker/sharing.ts').catch(() => ({ createSharing: () => undefined }))
  return Object.assign({}, ...found, sharing) as Code
}

function load(folder: string, file: string): Promise<object> {
  return import(pathToFileURL(resolve(folder, file)).href) as Promise<object>
}
