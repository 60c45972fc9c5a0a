import { useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import styles from './ScheduleForm.module.css'

const stepsQuery = graphql(`
  query TargetSteps($target: ScheduleTarget!, $group: String) {
    targetSteps(target: $target, taskGroup: $group, first: 1000) {
      nodes {
        step
        taskIdentifier
        needs
        isOff
      }
    }
  }
`)

/** What a group of tasks, or all tasks, would run now, in order. */
export function TargetSteps({ target, group }: { target: 'group' | 'all'; group: string | null }) {
  const [{ data }] = useQuery({
    query: stepsQuery,
    variables: { target, group },
  })
  const steps = data?.targetSteps?.nodes ?? []
  if (steps.length === 0) return null
  return (
    <ol className={styles.steps} aria-label="What it would run now, in order">
      {steps.map(({ taskIdentifier, needs, isOff }) => (
        <li key={taskIdentifier}>
          <code>{taskIdentifier}</code>
          {needs !== null && needs.length > 0 && ` after ${needs.join(', ')}`}
          {isOff === true && ' (switched off: skipped)'}
        </li>
      ))}
    </ol>
  )
}
