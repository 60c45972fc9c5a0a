import { Button } from '@mantine/core'
import { useState } from 'react'
import { useMutation, useQuery } from 'urql'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { graphql, type Json } from '../../graphql/graphql.ts'
import { ProblemNote } from '../../panel/ProblemNote.tsx'
import { triggerNow } from '../scheduleMutations.ts'
import { PayloadInput } from './PayloadInput.tsx'
import { payloadIn, payloadText } from './payloadFields.ts'
import { usePayloadErrors } from './usePayloadErrors.ts'

const schemaQuery = graphql(`
  query TaskSchema($task: String!) {
    task(identifier: $task) {
      payloadSchema
    }
  }
`)

interface TriggerFormProps {
  name: string
  task: string
  payload: Json
  onQueued: (runId: string) => void
}

/** Runs a schedule once with a payload that differs from its own, which stays as it is. */
export function TriggerForm({ name, task, payload, onQueued }: TriggerFormProps) {
  const [text, setText] = useState(() => payloadText(payload))
  const [{ data }] = useQuery({ query: schemaQuery, variables: { task } })
  const [triggering, trigger] = useMutation(triggerNow)
  const [problem, setProblem] = useState<Problem | null>(null)
  const errors = usePayloadErrors(task, text)
  const edited = payloadIn(text)
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (edited === null) return
        void trigger({ schedule: name, payload: edited }).then(({ data, error }) => {
          setProblem(readProblems(error)[0] ?? null)
          const run = data?.triggerNow?.result
          if (run) onQueued(run.rowId)
        })
      }}
    >
      {problem !== null && <ProblemNote problem={problem} />}
      <PayloadInput
        schema={data?.task?.payloadSchema}
        text={text}
        onChange={setText}
        error={edited === null ? 'This is not a JSON object.' : errors.get('')}
        errors={errors}
      />
      <Button
        size="xs"
        type="submit"
        mt="md"
        fullWidth
        loading={triggering.fetching}
        disabled={edited === null}
      >
        Trigger now
      </Button>
    </form>
  )
}
