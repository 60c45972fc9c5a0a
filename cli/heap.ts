/**
 * Megabytes of JavaScript's own memory that a server may have, with which it takes less than 600 in all: what its limits allow
 * is far less. Without it, Node lets garbage pile up to gigabytes before it looks for any.
 */
export const SERVER_HEAP_MB = 300

/** Options of Node for a part that is to be started. Tasks may need any memory, and a limit that is set already stays. */
export function nodeOptionsOf(
  part: 'server' | 'worker',
  own: readonly string[],
  nodeOptions: string | undefined,
): string[] {
  const isSet = [...own, nodeOptions ?? ''].some((option) => /--max[-_]old[-_]space[-_]size/.test(option))
  return part === 'worker' || isSet ? [...own] : [...own, `--max-old-space-size=${SERVER_HEAP_MB}`]
}

/**
 * Has a server that was started without a limit, by itself, go on as a program with one. Node reads it when it starts, so the
 * process is given to another Node with the same arguments; its parent notices nothing. One with a channel to its
 * parent would lose that: `almanac start` passes the limit itself. Windows has nothing of this kind.
 */
export function limitHeap(): void {
  const { execPath, execArgv, argv, env } = process
  const options = nodeOptionsOf('server', execArgv, env['NODE_OPTIONS'])
  if (options.length === execArgv.length || process.send || process.platform === 'win32') return
  process.execve?.(execPath, [execPath, ...options, ...argv.slice(1)], env)
}
