/** Ends the process, as a script does. */
export default function exits(): void {
  process.exit(0)
}
