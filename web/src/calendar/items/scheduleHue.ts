/** One of the six quiet hues, always the same for a schedule. */
export function scheduleHue(scheduleId: string): number {
  let sum = 0
  for (const character of scheduleId) sum = (sum * 31 + character.charCodeAt(0)) % 9973
  return (sum % 6) + 1
}
