/** Next to the name of a schedule that does not run because its task is switched off, or not for its role. */
export function BlockedTag({ because }: { because: string }) {
  return (
    <span className="tag" data-tone="paused" title={because}>
      Blocked<span className="visually-hidden">: {because}</span>
    </span>
  )
}
