import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { ProblemNote } from '../panel/ProblemNote.tsx'

const copyQuery = graphql(`
  query CopiedFrom {
    copiedFrom
  }
`)

/** The database that this one is a copy of; null: it is none, or it is not known yet. */
export function useCopiedFrom(isSignedIn: boolean): string | null {
  // Adopting it is told as a change of all schedules.
  const [{ data }] = useLiveQuery(
    { query: copyQuery, variables: {}, pause: !isSignedIn },
    { topics: ['schedules'] },
  )
  return data?.copiedFrom ?? null
}

/** Said on every page of a copy: what is drawn as upcoming there does not fire. */
export function CopyNote({ from }: { from: string }) {
  return (
    <div className="copy-note">
      <ProblemNote
        problem={{
          message: 'This database is a copy: nothing is fired or run here.',
          detail: `It is a copy of ${from}.`,
          hint: 'An administrator says what is to become of it: npx almanac adopt --skip if the original goes on elsewhere, npx almanac adopt --continue if it is no more.',
          code: null,
          field: null,
        }}
      />
    </div>
  )
}
