import type { KeyboardEvent as ReactKeyboardEvent } from 'react'

/** Letters that follow each other within this time, in milliseconds, are one text. */
const together = 700
/** A list that opens is drawn some frames later, or not at all. */
const mostFrames = 30

let typed = { input: null as Element | null, text: '', at: 0 }

const optionsOf = (input: Element) => [
  ...(document
    .getElementById(input.getAttribute('aria-controls') ?? '')
    ?.querySelectorAll<HTMLElement>('[data-combobox-option]:not([data-combobox-disabled])') ?? []),
]

/** Marks the next option that begins with a text; the same letter several times goes through all that begin with it. */
function mark(input: Element, text: string): void {
  const options = optionsOf(input)
  const isOneLetter = [...text].every((letter) => letter === text[0])
  const sought = isOneLetter ? (text[0] ?? '') : text
  const marked = options.findIndex((option) => option.hasAttribute('data-combobox-selected'))
  const from = Math.max(
    marked < 0 ? options.findIndex((option) => option.hasAttribute('data-combobox-active')) : marked,
    0,
  )
  const first = from + (isOneLetter ? 1 : 0)
  const found = [...options.slice(first), ...options.slice(0, first)].find((option) =>
    option.textContent.trim().toLowerCase().startsWith(sought),
  )
  if (found === undefined) return
  // The list has its own mark, which only its keys move.
  for (let step = 0; step <= options.length && !found.hasAttribute('data-combobox-selected'); step += 1)
    input.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'ArrowDown', code: 'ArrowDown', bubbles: true, cancelable: true }),
    )
}

/** Opens a list to choose from at the option that begins with what is typed, as the browser's own do. */
export function typeAhead(event: ReactKeyboardEvent<HTMLInputElement>): void {
  const { key, currentTarget: input, timeStamp: at } = event
  if (!input.readOnly || key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return
  const before = typed.input === input && at - typed.at < together ? typed.text : ''
  // A space by itself opens the list.
  if (key === ' ' && before === '') return
  event.preventDefault()
  // A space within a text does not close the list.
  event.stopPropagation()
  typed = { input, text: before + key.toLowerCase(), at }
  if (input.getAttribute('aria-expanded') !== 'true') input.click()
  let frames = 0
  const whenDrawn = () => {
    if (optionsOf(input).length > 0) {
      if (typed.input === input && typed.at === at) mark(input, typed.text)
    } else if (frames++ < mostFrames) requestAnimationFrame(whenDrawn)
  }
  whenDrawn()
}
