import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import type { Plugin } from 'vite'
import { ENDINGS } from '../server/encoding.ts'

const LEAST_BYTES = 1_000

/** Puts each text of the build next to it as well, compressed as far as it goes, so that the server need not. */
export function precompress(): Plugin {
  return {
    name: 'almanac-precompress',
    apply: 'build',
    async writeBundle({ dir }, bundle) {
      if (dir === undefined) return
      const texts = Object.keys(bundle).filter((name) => /\.(js|css|html|json|svg)$/.test(name))
      await Promise.all(texts.map((name) => compress(join(dir, name))))
    },
  }
}

async function compress(path: string): Promise<void> {
  const content = await readFile(path)
  if (content.length < LEAST_BYTES) return
  await Promise.all([
    promisify(brotliCompress)(content).then((bytes) => writeFile(path + ENDINGS.br, bytes)),
    promisify(gzip)(content, { level: 9 }).then((bytes) => writeFile(path + ENDINGS.gzip, bytes)),
  ])
}
