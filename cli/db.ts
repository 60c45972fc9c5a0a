import { connectionStringOf, startCluster } from './embedded/cluster.ts'
import { createLog } from './log.ts'
import { folderNote } from './embedded/clusterFile.ts'
import type { Settings } from './settings.ts'
import { keepDatabase } from './start/databaseKeeper.ts'
import { readRunning, takeDataDir } from './start/runningFile.ts'
import { listenForStop } from './start/stopRequest.ts'

/** `almanac db`. */
export async function runDatabase({ databaseUrl, dataDir }: Settings): Promise<void> {
  const known = databaseUrl ?? ((await readRunning(dataDir)) ? await connectionStringOf(dataDir) : null)
  if (known !== null) {
    process.stdout.write(`${known}\n`)
    return
  }

  const log = createLog()
  const print = (message: string) => log('info', message)
  const stop = listenForStop()
  const running = await takeDataDir(dataDir, { launchers: [], log: print })
  try {
    // Apart from the URL.
    process.stderr.write(`${await folderNote(dataDir)}\n`)
    const cluster = await startCluster({ dataDir, log: print })
    const kept = keepDatabase(cluster, { signal: stop.signal, log: print })
    print(cluster.connectionString)
    await stop.asked
    await cluster.stop()
    await kept
  } finally {
    await running.release()
  }
}
