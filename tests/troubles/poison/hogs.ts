/** Never gives way. */
export default function hogs(): void {
  for (;;);
}
