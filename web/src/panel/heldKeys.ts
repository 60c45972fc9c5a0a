/** What opens may need its code first; when that does not come, keys are keys of the page again. */
const longestWait = 10_000

let stop: (() => void) | null = null

function isTyping(target: EventTarget | null): target is HTMLInputElement | HTMLTextAreaElement {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement
}

/** Whether a key belongs to what is open already. */
function isTaken(target: EventTarget | null): boolean {
  return isTyping(target) || (target instanceof Element && target.closest('[role="dialog"]') !== null)
}

function type(target: HTMLInputElement | HTMLTextAreaElement, text: string) {
  if (text === '') return
  target.setRangeText(text, target.value.length, target.value.length, 'end')
  target.dispatchEvent(new Event('input', { bubbles: true }))
}

/**
 * Opens something by a key: the next keys belong to that, not to the page, whose shortcuts they may be: they are held
 * until it has the focus, and typed there. `Escape` closes it as soon as it is open. `Enter` is left out: what it would
 * choose was not on the screen yet.
 */
export function opening(open: () => void): void {
  stop?.()
  let text = ''
  let isUnwanted = false
  const onKey = (event: KeyboardEvent) => {
    if (isTaken(event.target)) return stop?.()
    if (event.key === 'Escape') isUnwanted = true
    if (event.key === 'Backspace') text = text.slice(0, -1)
    const isText = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey
    if (isText) text += event.key
    // What the browser has its own use for, such as a reload, it keeps.
    if (isText || event.key === 'Backspace' || event.key === 'Enter') event.preventDefault()
    event.stopImmediatePropagation()
  }
  const onFocus = ({ target }: FocusEvent) => {
    stop?.()
    if (isUnwanted) target?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
    else if (isTyping(target)) type(target, text)
  }
  const release = () => stop?.()
  const timer = setTimeout(release, longestWait)
  stop = () => {
    stop = null
    clearTimeout(timer)
    window.removeEventListener('keydown', onKey, true)
    window.removeEventListener('focusin', onFocus)
    window.removeEventListener('pointerdown', release, true)
  }
  window.addEventListener('keydown', onKey, true)
  window.addEventListener('focusin', onFocus)
  window.addEventListener('pointerdown', release, true)
  open()
}

/** Keeps keys from the page beneath a dialog that covers it, also where the focus has got out of that. */
export function keepKeysToDialogs(target: Window): void {
  target.addEventListener(
    'keydown',
    (event) => {
      if (
        event.key === 'Escape' ||
        event.key === 'Tab' ||
        document.querySelector('[aria-modal="true"]') === null
      )
        return
      const isWithin =
        event.target instanceof Element && event.target.closest('[role="dialog"], [role="listbox"]') !== null
      if (!isWithin) event.stopImmediatePropagation()
    },
    true,
  )
}
