import { parseArgs } from 'node:util'
import { wreakHavoc } from './chaos.ts'

/** `npm run chaos -- --seconds=300 --seed=7 --verbose` */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    schedules: { type: 'string', default: '50' },
    workers: { type: 'string', default: '3' },
    verbose: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const numbers = {
  seconds: Number(values.seconds),
  schedules: Number(values.schedules),
  workers: Number(values.workers),
  seed: Number(values.seed),
}
console.log(`Havoc: ${JSON.stringify(numbers)}`)
const report = await wreakHavoc({
  ...numbers,
  withTroubles: true,
  log: (message) => console.log(`  ${message}`),
  ...(values.verbose && { listen: (line) => console.log(`    ${line}`) }),
})
console.log(JSON.stringify(report, null, 2))
if (Object.values(report.wrong).some((count) => count > 0)) {
  console.error('Something was lost, doubled or left over.')
  process.exitCode = 1
}
