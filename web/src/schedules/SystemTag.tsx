/** Marks a schedule that is Almanac's own. */
export function SystemTag() {
  return (
    <span className="tag" title="System schedule: it cannot be changed">
      System
    </span>
  )
}
