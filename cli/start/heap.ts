/**
 * Megabytes of JavaScript's own memory that a server may have, with which it takes less than 600 in all: what its limits allow
 * is far less. Without it, Node lets garbage pile up to gigabytes before it looks for any.
 */
export const SERVER_HEAP_MB = 400

/** Options of Node for a part that is to be started. Tasks may need any memory, and a limit that is set already stays. */
export function nodeOptionsOf(
  part: 'server' | 'worker',
  own: readonly string[],
  nodeOptions: string | undefined,
): string[] {
  const isSet = [...own, nodeOptions ?? ''].some((option) => /--max[-_]old[-_]space[-_]size/.test(option))
  return part === 'worker' || isSet ? [...own] : [...own, `--max-old-space-size=${SERVER_HEAP_MB}`]
}
