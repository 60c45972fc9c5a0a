/** Ends the process as a failed assertion of a native module does, but by a call. */
export default function aborts(): void {
  process.abort()
}
