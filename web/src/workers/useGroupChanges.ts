import { useMutation } from 'urql'
import { readProblems, type Problem } from '../graphql/error.ts'
import { graphql } from '../graphql/graphql.ts'
import type { GroupLimits } from './groupDraft.ts'

const setMutation = graphql(`
  mutation SetResourceGroup(
    $name: String!
    $maxRunning: Int
    $maxStarts: Int
    $startsPer: IntervalInput
    $description: String!
  ) {
    setResourceGroup(
      input: {
        name: $name
        maxRunning: $maxRunning
        maxStarts: $maxStarts
        startsPer: $startsPer
        description: $description
      }
    ) {
      result {
        rowId
      }
    }
  }
`)

const deleteMutation = graphql(`
  mutation DeleteResourceGroup($name: String!) {
    deleteResourceGroup(input: { name: $name }) {
      result {
        rowId
      }
    }
  }
`)

/** What can be changed of resource groups; each answers with the problem if it was refused. */
export function useGroupChanges(onChanged: () => void) {
  const [, set] = useMutation(setMutation)
  const [, remove] = useMutation(deleteMutation)
  const done = ({ error }: Pick<Awaited<ReturnType<typeof remove>>, 'error'>): Problem | null => {
    if (error === undefined) onChanged()
    return readProblems(error)[0] ?? null
  }
  return {
    set: async (limits: GroupLimits) => done(await set(limits)),
    remove: async (name: string) => done(await remove({ name })),
  }
}
