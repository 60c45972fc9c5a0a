/// <reference types="vitest/config" />
import { availableParallelism } from 'node:os'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { precompress } from './scripts/precompress.ts'

/** How slots are shared is decided by what was asked for within some hundred milliseconds. */
const punctual = ['worker/sharing/sharing.test.ts']
/** Files that wait more than they compute. */
const atOnce = Math.max(2, availableParallelism())
const node = {
  environment: 'node' as const,
  globalSetup: ['tests/database/globalSetup.ts'],
  root: import.meta.dirname,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // Said aloud, and two of a run at most: scripts/secondTries.ts.
  retry: 1,
}

/** `npm run dev` says where its server is. */
const server = process.env['ALMANAC_DEV_SERVER'] ?? 'http://127.0.0.1:5678'

export default defineConfig({
  root: 'web',
  plugins: [react(), precompress()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    rolldownOptions: {
      output: {
        // Left to itself, a chunk goes by any one of the modules in it. What the first view loads comes first.
        codeSplitting: {
          groups: [
            { name: 'react', test: /\/node_modules\/(react|react-dom|scheduler)\//, tags: ['$initial'] },
            { name: 'mantine', test: /\/node_modules\/@mantine\//, tags: ['$initial'] },
            { name: 'router', test: /\/node_modules\/@tanstack\//, tags: ['$initial'] },
            {
              name: 'graphql',
              test: /\/node_modules\/(@?urql|@0no-co|wonka|graphql-ws|gql\.tada)\//,
              tags: ['$initial'],
            },
            {
              name: 'calendar',
              test: /\/(web\/src\/(?!main\.)|shared\/|node_modules\/)/,
              tags: ['$initial'],
            },
            { name: 'shared', test: /\/(web\/src|shared|node_modules)\//, minShareCount: 2 },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      '/graphql': { target: server, ws: true },
      '/auth': { target: server },
      '/healthz': { target: server },
    },
  },
  test: {
    root: import.meta.dirname,
    reporters: ['default', './scripts/secondTries.ts'],
    // Of the client, by the tests that need neither a database nor a browser: `npm run test:web`. The rest of the program
    // runs in processes of its own, in SQL and in a browser, where a count would say little.
    coverage: {
      include: ['{web/src,shared}/**/*.{ts,tsx}'],
      exclude: ['**/*.test.{ts,tsx}', '**/*.generated.*', '**/*.d.ts', '**/*Factory.ts', '**/*Gallery*.tsx'],
      reporter: ['text-summary', 'html'],
      thresholds: {
        statements: 64,
        branches: 56,
        functions: 60,
        lines: 64,
        // Models, which hold what there is to decide
        '{web/src,shared}/**/*.ts': { statements: 80, branches: 72, functions: 78, lines: 80 },
      },
    },
    projects: [
      {
        extends: true,
        test: {
          ...node,
          // What asks the database and waits for it: half of it is spent in PostgreSQL, and would leave cores idle.
          name: 'sql',
          include: ['{process,sql,scripts,bench}/**/*.test.ts'],
          maxWorkers: atOnce,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...node,
          // Programs, which wait for the database, for each other and for their own clocks.
          name: 'node',
          include: ['{cli,server,worker}/**/*.test.ts'],
          exclude: punctual,
          maxWorkers: atOnce,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...node,
          // What must be punctual under attack, and what takes the whole product to its limits: one file at a time.
          name: 'whole',
          include: ['tests/*.test.ts', 'tests/{troubles,attacks,database}/*.test.ts', ...punctual],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'web',
          root: import.meta.dirname,
          environment: 'jsdom',
          testTimeout: 20_000,
          include: ['{web,shared}/**/*.test.{ts,tsx}'],
        },
      },
      {
        extends: true,
        test: {
          ...node,
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // A page may take its time where a machine is busy; what never comes is still an error.
          expect: { poll: { timeout: 20_000 } },
          // Without a graphics card a browser takes all cores that there are.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
