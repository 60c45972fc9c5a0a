import { cutText } from '../shared/cutText.ts'

/** Longest error kept, in characters. */
const LONGEST_ERROR = 16_384

/** An error text that PostgreSQL takes, cut if it is longer. */
export function errorText(text: string, longest = LONGEST_ERROR): string {
  const clean = cleanString(text)
  return clean.length > longest ? `${cutText(clean, longest)}…` : clean
}

/** Whether PostgreSQL takes a text as it is, and it is no longer than what is kept of one. */
export function isStorable(text: string): boolean {
  return text.length <= LONGEST_ERROR && cleanString(text) === text
}

/** PostgreSQL's text holds neither NUL nor half a surrogate pair. */
export function cleanString(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}
