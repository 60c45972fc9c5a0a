import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import type { PayloadErrors } from './PayloadInput.tsx'
import { payloadIn } from './payloadFields.ts'

const errorsQuery = graphql(`
  query PayloadErrors($task: String!, $payload: JSON!) {
    payloadErrors(task: $task, payload: $payload, first: 50) {
      nodes {
        path
        message
      }
    }
  }
`)

/** Where the database finds that a payload does not fit its task, as one types it. */
export function usePayloadErrors(task: string, text: string): PayloadErrors {
  const [typed] = useDebouncedValue(text, 300)
  const payload = payloadIn(typed)
  const [{ data }] = useQuery({
    query: errorsQuery,
    variables: { task, payload: payload ?? {} },
    pause: payload === null,
    requestPolicy: 'network-only',
  })
  return new Map(
    payload === null
      ? []
      : (data?.payloadErrors?.nodes ?? []).flatMap((one) =>
          one.path === null || one.message === null ? [] : [[one.path, one.message] as const],
        ),
  )
}
