import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type ASTVisitor,
  type SelectionSetNode,
  type ValidationContext,
} from 'postgraphile/graphql'
import { LIMITS } from '../limits/limits.ts'

/** Planning an operation of this size keeps the server from all else for about half a second, and the time grows faster than the size. */
export const MOST_FIELDS = 500

/** A subscription's fields are sent again and again, to many sockets at once; there are few to ask for. */
export const MOST_SUBSCRIBED_FIELDS = 10

/** Refuses operations of too many fields, or too many levels, counted wherever a fragment repeats them. */
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

interface Size {
  readonly fields: number
  readonly levels: number
}

const NOTHING: Size = { fields: 0, levels: 0 }

function OperationSizeRule(context: ValidationContext): ASTVisitor {
  const fragments = new Map<string, Size>()

  function sizeOf({ selections }: SelectionSetNode): Size {
    let fields = 0
    let levels = 0
    for (const selection of selections) {
      const inside =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? sizeOfFragment(selection.name.value)
          : selection.selectionSet
            ? sizeOf(selection.selectionSet)
            : NOTHING
      fields += inside.fields + (selection.kind === Kind.FIELD ? 1 : 0)
      levels = Math.max(levels, inside.levels)
    }
    return { fields, levels: levels + 1 }
  }

  function sizeOfFragment(name: string): Size {
    const known = fragments.get(name)
    if (known !== undefined) return known
    // A fragment within itself counts nothing here: another rule refuses it.
    fragments.set(name, NOTHING)
    const fragment = context.getFragment(name)
    const size = fragment ? sizeOf(fragment.selectionSet) : NOTHING
    fragments.set(name, size)
    return size
  }

  return {
    OperationDefinition(node) {
      const { fields, levels } = sizeOf(node.selectionSet)
      const most = node.operation === OperationTypeNode.SUBSCRIPTION ? MOST_SUBSCRIBED_FIELDS : MOST_FIELDS
      if (fields > most) {
        const message = `This operation asks for ${fields} fields; the limit is ${most}. Split it into several requests.`
        context.reportError(new GraphQLError(message, { nodes: node }))
      }
      if (levels > LIMITS.mostDepth) {
        const message = `This operation nests deeper than ${LIMITS.mostDepth} levels.`
        context.reportError(new GraphQLError(message, { nodes: node }))
      }
    },
  }
}
