#!/usr/bin/env node
import { existsSync } from 'node:fs'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `Almanac needs Node 22.19 or newer; this is ${process.versions.node}. In its folder, "npm start" and "npx almanac" bring their own.`,
  )
  process.exitCode = 1
} else {
  // The package has what was built; a checkout runs its sources.
  await import(existsSync(new URL('main.ts', import.meta.url)) ? './main.ts' : '../dist/node/cli/main.js')
}
