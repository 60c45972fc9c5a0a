import { graphql } from '../../graphql/graphql.ts'

export const triggerNow = graphql(`
  mutation CalendarTrigger($schedule: String!) {
    triggerNow(input: { schedule: $schedule }) {
      result {
        rowId
      }
    }
  }
`)
