/** Marks a schedule that is Almanac's own. */
export function SystemTag() {
  return (
    <span className="tag" title="Almanac’s own schedule: it cannot be changed">
      System
    </span>
  )
}
