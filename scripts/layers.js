import { dirname, join, relative, sep } from 'node:path'

/** What the files of each folder may import from, package.json aside; those not listed here, from anywhere. */
const LAYERS = {
  shared: [],
  process: ['shared'],
  worker: ['process', 'shared'],
  server: ['process', 'shared'],
  web: ['shared'],
  cli: ['process', 'shared', 'worker', 'server'],
  tasks: ['worker'],
}

/** Folders of web/src that its pages build on: they import from each other alone. */
const FOUNDATION = ['address', 'graphql', 'time', 'theme', 'panel', 'session', 'settings', 'undo', 'why']

/** ESLint's rule for them. Tests and what only tests use may import anything. */
export const layers = {
  meta: {
    type: 'problem',
    docs: { description: 'Keep imports between folders to one direction' },
    schema: [],
    messages: { wrongWay: '{{from}}/ may not import from {{to}}/: see ARCHITECTURE.md for what may.' },
  },
  create({ cwd, filename, report }) {
    const from = folderOf(cwd, filename)
    const allowed = LAYERS[from]
    if (allowed === undefined || /\.test\.tsx?$/.test(filename) || filename.includes(`${sep}testing${sep}`))
      return {}

    const check = ({ source }) => {
      if (typeof source?.value !== 'string' || !source.value.startsWith('.')) return
      const path = join(dirname(filename), source.value)
      const to = folderOf(cwd, path)
      if (![from, 'package.json', ...allowed].includes(to))
        report({ node: source, messageId: 'wrongWay', data: { from, to } })
      if (from !== 'web' || to !== 'web') return
      const client = join(cwd, 'web/src')
      const [part, wanted] = [folderOf(client, filename), folderOf(client, path)]
      if (!mayTake(part, wanted))
        report({
          node: source,
          messageId: 'wrongWay',
          data: { from: `web/src/${part}`, to: `web/src/${wanted}` },
        })
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      TSImportType: check,
    }
  },
}

/** Whether a part of the client may import from another: pages from what they build on and from each other, only app/ from app/. */
function mayTake(part, wanted) {
  if (part === wanted || part === 'app' || part === 'main.tsx') return true
  return FOUNDATION.includes(wanted) || (!FOUNDATION.includes(part) && wanted !== 'app')
}

function folderOf(cwd, path) {
  return relative(cwd, path).split(sep)[0]
}
