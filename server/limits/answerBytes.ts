/** About how many bytes a value takes as JSON; stops counting above `most`. Never recursive: a value may be nested deeply. */
export function answerBytes(value: unknown, most: number): number {
  const stack: unknown[] = [value]
  let bytes = 0
  while (stack.length > 0 && bytes <= most) {
    const one = stack.pop()
    if (typeof one === 'string') bytes += one.length + 3
    else if (typeof one !== 'object' || one === null) bytes += 6
    else if (Array.isArray(one)) for (const item of one) stack.push(item)
    else
      for (const key in one) {
        bytes += key.length + 4
        stack.push((one as Record<string, unknown>)[key])
      }
  }
  return bytes
}
