import { useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import styles from './ScheduleForm.module.css'

const stepsQuery = graphql(`
  query TargetSteps($target: ScheduleTarget!, $group: String, $workflow: String) {
    targetSteps(target: $target, taskGroup: $group, workflowName: $workflow, first: 1000) {
      nodes {
        step
        name
        taskIdentifier
        needs
        isOff
      }
    }
  }
`)

/** What a group of tasks, all tasks, or a workflow would run now, in order. `of` is the name of the group or workflow. */
export function TargetSteps({ target, of }: { target: 'group' | 'all' | 'workflow'; of: string | null }) {
  const [{ data }] = useQuery({
    query: stepsQuery,
    variables: { target, group: target === 'group' ? of : null, workflow: target === 'workflow' ? of : null },
  })
  const steps = data?.targetSteps?.nodes ?? []
  if (steps.length === 0) return null
  return (
    <ol className={styles.steps} aria-label="What it would run now, in order">
      {steps.map(({ step, name, taskIdentifier, needs, isOff }) => (
        <li key={step}>
          {name !== taskIdentifier && `${name}: `}
          <code>{taskIdentifier}</code>
          {needs !== null && needs.length > 0 && ` after ${needs.join(', ')}`}
          {isOff === true && ' (switched off: skipped)'}
        </li>
      ))}
    </ol>
  )
}
