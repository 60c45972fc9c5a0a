/** A scheduler that takes part: it makes that many schedules due at one instant and says when their runs were done. */
export interface Contestant {
  readonly name: string
  /** The largest herd that it can be asked for in reasonable time. */
  readonly most?: number
  herd(count: number): Promise<Herd>
  close(): Promise<void>
}

/** Milliseconds from the instant that all were due. */
export interface Herd {
  /** To the end of the first run. */
  readonly first: number
  /** To the end of the last. */
  readonly last: number
}

/** Why one cannot take part, and what to do. */
export interface Absent {
  readonly absent: string
}
