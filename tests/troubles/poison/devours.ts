/** Ends the process for lack of memory. */
export default function devours(): void {
  const all: unknown[] = []
  for (;;) all.push(new Array(10_000).fill(all))
}
