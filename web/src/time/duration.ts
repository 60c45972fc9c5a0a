const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** How long something took: "0.34 s", "6:14", "1:07:08". */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < second) return `${(milliseconds / second).toFixed(2)} s`
  const total = Math.round(milliseconds / second)
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(total / 3600)
  const rest = `${Math.floor((total % 3600) / 60)}:${two(total % 60)}`
  return hours === 0 ? rest : `${hours}:${two(Math.floor((total % 3600) / 60))}:${two(total % 60)}`
}

/** How late something began: "0.04 s", "41.2 s", "3:10". */
export function formatLateness(milliseconds: number): string {
  const late = Math.max(0, milliseconds)
  if (late < 10 * second) return `${(late / second).toFixed(2)} s`
  if (late < minute) return `${(late / second).toFixed(1)} s`
  return formatDuration(late)
}

/** Time to go: by the second below an hour, by the minute above. */
export function formatCountdown(milliseconds: number): string {
  if (milliseconds < second) return 'now'
  if (milliseconds < minute) return `in ${Math.floor(milliseconds / second)} s`
  if (milliseconds < hour) {
    return `in ${Math.floor(milliseconds / minute)} min ${Math.floor((milliseconds % minute) / second)} s`
  }
  if (milliseconds < day) {
    return `in ${Math.floor(milliseconds / hour)} h ${Math.floor((milliseconds % hour) / minute)} min`
  }
  const days = Math.floor(milliseconds / day)
  const hours = Math.floor((milliseconds % day) / hour)
  return days < 10 && hours > 0 ? `in ${days} d ${hours} h` : `in ${days.toLocaleString('en-GB')} d`
}

/** Time to go where now is known by the minute: without seconds that would stand still. */
export function formatMinutesToGo(milliseconds: number): string {
  if (milliseconds >= second && milliseconds < minute) return 'within a minute'
  return formatCountdown(milliseconds).replace(/ \d+ s$/, '')
}

/** "40 s ago", "12 min ago": how old what is shown is. */
export function ageText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds < 60) return `${seconds} s ago`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ago`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min ago` : `${Math.floor(hours / 24)} d ago`
}

/** Whether a countdown is so close that it is shown bold. */
export function isImminent(milliseconds: number): boolean {
  return milliseconds <= 5 * minute
}

/** The middle value; of an even number of them, the lower middle. */
export function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
}
