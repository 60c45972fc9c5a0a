import { Lexer, Source, TokenKind } from 'postgraphile/graphql'
import { nestsDeeper } from '../../process/nestsDeeper.ts'
import { LIMITS } from './limits.ts'

/**
 * Why a request is too large to be parsed; undefined: it is not, or it is not a request at all, which others report.
 * Counting the words of a document costs a hundredth of checking and planning it.
 */
export function requestProblem(query: unknown, variables: unknown): string | undefined {
  if (nestsDeeper(variables, LIMITS.mostVariableLevels))
    return `The variables of this request nest deeper than ${LIMITS.mostVariableLevels} levels.`
  return typeof query === 'string' ? documentProblem(query) : undefined
}

function documentProblem(query: string): string | undefined {
  const lexer = new Lexer(new Source(query))
  let depth = 0
  for (let tokens = 0; ; tokens++) {
    try {
      lexer.advance()
    } catch {
      return undefined
    }
    const { kind } = lexer.token
    if (kind === TokenKind.EOF) return undefined
    if (tokens === LIMITS.mostTokens)
      return `This operation has more than ${LIMITS.mostTokens} tokens. Pass long values as variables, or split it into several requests.`
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) depth++
    if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) depth--
    if (depth > LIMITS.mostDepth) return `This operation nests deeper than ${LIMITS.mostDepth} levels.`
  }
}
