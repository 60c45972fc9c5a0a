import { useState } from 'react'

/** Keeps the last value of the same subject while a new one is on its way. */
export function useSteady<Value>(value: Value | null, subject: string): Value | null {
  const [kept, setKept] = useState({ value, subject })
  if (value !== null && (kept.value !== value || kept.subject !== subject)) setKept({ value, subject })
  return value ?? (kept.subject === subject ? kept.value : null)
}
