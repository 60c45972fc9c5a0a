import type { KeyboardEvent } from 'react'

/** Which of that many rows a key leads to from one of them; null: it is another key, or leads nowhere. */
export function rowAfter(key: string, row: number, count: number): number | null {
  const next = { ArrowDown: row + 1, ArrowUp: row - 1, Home: 0, End: count - 1 }[key]
  return next === undefined || next === row || next < 0 || next >= count ? null : next
}

/** For a table whose rows each have a link to what they are about: arrows, `Home` and `End` go from one to the other. */
export function moveAmongRows(event: KeyboardEvent<HTMLElement>): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
  const links = [...event.currentTarget.querySelectorAll('tbody tr')].flatMap(
    (row) => row.querySelector<HTMLElement>('td a') ?? [],
  )
  const row = links.findIndex((link) => link === event.target)
  const next = row === -1 ? null : rowAfter(event.key, row, links.length)
  if (next === null) return
  event.preventDefault()
  links[next]?.focus()
}
