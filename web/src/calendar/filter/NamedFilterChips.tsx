import type { ComponentProps } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import { FilterChips } from './FilterChips.tsx'

const nameQuery = graphql(`
  query FilteredSchedule($id: BigInt!) {
    schedule(rowId: $id) {
      rowId
      name
    }
  }
`)

/** The chips with the name of the one schedule that is shown. */
export function NamedFilterChips(props: Omit<ComponentProps<typeof FilterChips>, 'scheduleName'>) {
  const { schedule } = props.search
  const [{ data }] = useQuery({
    query: nameQuery,
    variables: { id: schedule ?? '0' },
    pause: schedule === undefined,
  })
  const name = data?.schedule?.rowId === schedule ? data?.schedule?.name : null
  return <FilterChips {...props} scheduleName={name ?? null} />
}
