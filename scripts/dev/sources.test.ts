import { expect, test } from 'vitest'
import { partsThatRead } from './sources.ts'

test.each([
  ['worker/runs/recorder.ts', ['server', 'worker']],
  ['server/http.ts', ['server']],
  ['shared/paths.ts', ['server', 'worker']],
  ['tasks/greet.ts', ['worker']],
  ['sql/functions/runs/begin_runs.sql', ['server', 'worker']],
])('%s is read by %j', (path, parts) => {
  expect(partsThatRead([path])).toEqual(parts)
})

test.each([
  'worker/runs/batch.test.ts',
  'worker/testing/until.ts',
  'sql/schema.sql',
  'server/schema.graphql',
  'web/src/main.tsx',
])('%s starts nothing again', (path) => {
  expect(partsThatRead([path])).toEqual([])
})
