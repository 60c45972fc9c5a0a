/// <reference types="vitest/config" />
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const node = { environment: 'node' as const, globalSetup: ['tests/database/globalSetup.ts'] }

export default defineConfig({
  root: 'web',
  plugins: [react()],
  build: { outDir: '../dist/web', emptyOutDir: true },
  server: {
    proxy: {
      '/graphql': { target: 'http://127.0.0.1:5678', ws: true },
      '/auth': { target: 'http://127.0.0.1:5678' },
    },
  },
  test: {
    root: import.meta.dirname,
    projects: [
      {
        extends: true,
        test: {
          ...node,
          name: 'node',
          root: import.meta.dirname,
          exclude: ['**/node_modules/**', 'sql/migrations/fixtures/**'],
          include: [
            '{cli,server,worker,process,shared,sql,scripts,bench}/**/*.test.ts',
            'tests/*.test.ts',
            'tests/troubles/*.test.ts',
            'tests/attacks/*.test.ts',
            'tests/database/*.test.ts',
          ],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'web',
          root: import.meta.dirname,
          environment: 'jsdom',
          include: ['web/**/*.test.{ts,tsx}'],
        },
      },
      {
        extends: true,
        test: {
          ...node,
          name: 'browser',
          root: import.meta.dirname,
          include: ['tests/browser/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
