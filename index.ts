/** What the package `almanac` gives to a program that runs the parts itself. `almanac/worker` is for Graphile Worker set-ups. */
export { applyMigrations as migrate, type MigrationOptions } from './cli/migrations.ts'
export { WEB_FOLDER } from './process/packageRoot.ts'
export { startServer, type RunningServer, type ServerOptions } from './server/main.ts'
export { startWorker, type Worker, type WorkerSettings } from './worker/main.ts'
