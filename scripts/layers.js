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
      const to = folderOf(cwd, join(dirname(filename), source.value))
      if (![from, 'package.json', ...allowed].includes(to))
        report({ node: source, messageId: 'wrongWay', data: { from, to } })
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

function folderOf(cwd, path) {
  return relative(cwd, path).split(sep)[0]
}
