import { Button, TextInput } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { useMutation } from 'urql'
import { readProblems, type Problem } from '../graphql/error.ts'
import { graphql } from '../graphql/graphql.ts'

const restoreMutation = graphql(`
  mutation RestoreSchedule($id: BigInt!, $newName: String) {
    restoreSchedule(input: { scheduleId: $id, newName: $newName }) {
      result {
        rowId
        name
        deletedAt
      }
    }
  }
`)

/** A deleted schedule; of its name there may be others. */
interface Deleted {
  rowId: string
  name: string
}

/** Another schedule has the name. */
const taken = '23505'

interface NameFormProps {
  name: string
  /** Restores it under a name; null once that is done. */
  onRestore: (newName: string) => Promise<Problem | null>
}

/** Asks for the name under which a schedule comes back whose own another one has. */
function NameForm({ name, onRestore }: NameFormProps) {
  const [newName, setNewName] = useState(`${name}-2`)
  const [problem, setProblem] = useState<Problem | null>(null)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void onRestore(newName).then((refused) => {
          setProblem(refused)
          if (refused === null) modals.closeAll()
        })
      }}
    >
      <p>Another schedule is now called {name}.</p>
      <TextInput
        size="xs"
        label="Restore it as"
        value={newName}
        error={problem === null ? null : problem.message}
        onChange={(event) => setNewName(event.currentTarget.value)}
        data-autofocus
      />
      <Button size="xs" type="submit" mt="md" fullWidth>
        Restore
      </Button>
    </form>
  )
}

/**
 * Restores a deleted schedule; where its name is taken, asks for another. Calls back once it is there. Null once it is
 * there, otherwise why not: also where someone was asked for another name and gave none.
 */
export function useRestore(
  onRestored: (rowId: string) => void = () => {},
): (schedule: Deleted) => Promise<Problem | null> {
  const [, restore] = useMutation(restoreMutation)
  const restoreAs = async (id: string, newName: string | null) => {
    const { data, error } = await restore({ id, newName })
    const [refused = null] = readProblems(error)
    const restored = data?.restoreSchedule?.result
    if (refused === null && restored) {
      notifications.show({ message: `Schedule ${restored.name} restored` })
      onRestored(restored.rowId)
    }
    return refused
  }
  return async ({ rowId, name }) => {
    const first = await restoreAs(rowId, null)
    if (first?.code !== taken) return first
    return new Promise((resolve) => {
      let refused: Problem | null = first
      const restoreUnder = async (newName: string) => {
        refused = await restoreAs(rowId, newName)
        return refused
      }
      modals.open({
        title: `Restore ${name}`,
        children: <NameForm name={name} onRestore={restoreUnder} />,
        onClose: () => resolve(refused),
      })
    })
  }
}
