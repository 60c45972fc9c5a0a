/**
 * Files of functions in an order in which an empty database takes them: PostgreSQL checks the body of a function in SQL, and
 * what a trigger calls, when it is made; the body of one in PL/pgSQL when it is called first. Otherwise the order given.
 */
export function functionOrder(files: ReadonlyMap<string, string>): string[] {
  const definedIn = new Map<string, string>()
  for (const [path, text] of files)
    for (const [, name] of text.matchAll(DEFINITION)) definedIn.set(name!, path)

  const ordered = new Set<string>()
  const under: string[] = []
  function add(path: string): void {
    if (ordered.has(path)) return
    if (under.includes(path)) throw new Error(`These call each other: ${[...under, path].join(' → ')}.`)
    under.push(path)
    for (const name of namesChecked(files.get(path)!)) {
      const needed = definedIn.get(name)
      if (needed !== undefined && needed !== path) add(needed)
    }
    under.pop()
    ordered.add(path)
  }
  for (const path of files.keys()) add(path)
  return [...ordered]
}

const DEFINITION = /^create (?:or replace )?(?:function|type|view) (almanac\w*\.\w+)/gm
const NAME = /\balmanac(?:_private)?\.\w+/g

/** The names that PostgreSQL looks up when it runs the file. */
function namesChecked(text: string): string[] {
  const checked = text
    .replace(/^\s*--.*$/gm, '')
    .replace(/\blanguage plpgsql\b[\s\S]*?\bas (\$\w*\$)[\s\S]*?\1/g, '')
    .replace(/^comment on [\s\S]*?;$/gm, '')
  return [...new Set(checked.match(NAME))]
}
