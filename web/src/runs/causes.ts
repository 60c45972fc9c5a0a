import * as v from 'valibot'

const cause = v.object({
  name: v.string(),
  message: v.string(),
  code: v.optional(v.string()),
  stack: v.array(v.string()),
})

/** An error, or what caused it, as a worker has kept it. */
export type Cause = v.InferOutput<typeof cause>

/** Reads them; none where it is written in another way. */
export function readCauses(value: unknown): readonly Cause[] {
  const read = v.safeParse(v.array(cause), value)
  return read.success ? read.output : []
}

/** Frames of the task itself, and those of Node.js, of packages and of Almanac, which are of less interest. */
export function splitStack(stack: readonly string[]): { own: readonly string[]; others: readonly string[] } {
  const isOther = (frame: string) => /\(?(node:|node_modules\/|…\/|<anonymous>)/.test(frame)
  return { own: stack.filter((frame) => !isOther(frame)), others: stack.filter(isOther) }
}
