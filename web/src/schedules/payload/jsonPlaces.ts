import { jsonLanguage } from '@codemirror/lang-json'

type Node = ReturnType<typeof jsonLanguage.parser.parse>['topNode']

/** The value within a value that a key or an index names. */
function within(node: Node, key: string, text: string): Node | null {
  if (node.name === 'Object')
    for (const property of node.getChildren('Property')) {
      const name = property.getChild('PropertyName')
      // Names may be escaped in other ways than the pointer's.
      if (name !== null && nameOf(text.slice(name.from, name.to)) === key) return property.lastChild
    }
  if (node.name !== 'Array') return null
  let nth = Number(key)
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (/^\w+$/.test(child.name) && nth-- === 0) return child
  return null
}

function nameOf(quoted: string): unknown {
  try {
    return JSON.parse(quoted)
  } catch {
    return undefined
  }
}

/** Where the value of a JSON Pointer begins; of one that is missing, where what should have it does. */
export function placeOfPointer(text: string, pointer: string): number {
  let node = jsonLanguage.parser.parse(text).topNode.firstChild
  if (node === null) return 0
  for (const part of pointer.split('/').slice(1)) {
    const next = within(node, part.replaceAll('~1', '/').replaceAll('~0', '~'), text)
    if (next === null) break
    node = next
  }
  return node.from
}

/** Where a text stops being JSON; null: it does not. */
export function placeOfFault(text: string): number | null {
  let place: number | null = null
  jsonLanguage.parser.parse(text).iterate({
    enter: ({ type, from }) => {
      if (type.isError) place ??= from
      return place === null
    },
  })
  return place
}
