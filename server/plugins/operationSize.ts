import {
  GraphQLError,
  Kind,
  type ASTVisitor,
  type SelectionSetNode,
  type ValidationContext,
} from 'postgraphile/graphql'

/** Planning an operation of this size keeps the server from all else for about half a second, and the time grows faster than the size. */
export const MOST_FIELDS = 500

/** Refuses operations that ask for more than `MOST_FIELDS` fields, counted wherever a fragment repeats them. */
export const OperationSizePlugin: GraphileConfig.Plugin = {
  name: 'AlmanacOperationSizePlugin',
  version: '1.0.0',
  grafserv: {
    middleware: {
      setPreset(next, event) {
        event.validationRules.push(OperationSizeRule)
        return next()
      },
    },
  },
}

function OperationSizeRule(context: ValidationContext): ASTVisitor {
  const fragments = new Map<string, number>()

  function countFields({ selections }: SelectionSetNode): number {
    let count = 0
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) count += countFragment(selection.name.value)
      else {
        if (selection.kind === Kind.FIELD) count++
        if (selection.selectionSet) count += countFields(selection.selectionSet)
      }
    }
    return count
  }

  function countFragment(name: string): number {
    const known = fragments.get(name)
    if (known !== undefined) return known
    // A fragment within itself counts nothing here: another rule refuses it.
    fragments.set(name, 0)
    const fragment = context.getFragment(name)
    const count = fragment ? countFields(fragment.selectionSet) : 0
    fragments.set(name, count)
    return count
  }

  return {
    OperationDefinition(node) {
      const count = countFields(node.selectionSet)
      if (count <= MOST_FIELDS) return
      const message = `This operation asks for ${count} fields, and ${MOST_FIELDS} are the most. Ask in several requests.`
      context.reportError(new GraphQLError(message, { nodes: node }))
    },
  }
}
