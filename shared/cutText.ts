/** The first `longest` UTF-16 units of a text, or one fewer: a pair of surrogates, which is one character, is not cut in two. */
export function cutText(text: string, longest: number): string {
  if (text.length <= longest) return text
  return /[\uD800-\uDBFF]/.test(text.charAt(longest - 1))
    ? text.slice(0, longest - 1)
    : text.slice(0, longest)
}
