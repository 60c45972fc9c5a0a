import { Select, TagsInput, Textarea, TextInput } from '@mantine/core'
import { placeholderOf, type Execution } from '../execution.ts'
import { payloadFields, valueAt, withValueAt } from '../payload/payloadFields.ts'
import { Fields, PayloadInput, type PayloadErrors } from '../payload/PayloadInput.tsx'
import { hasSteps, isStatement, payloadForTarget } from './draft.ts'
import { choiceOf, targetChoices } from './policies.ts'
import { Label } from './Label.tsx'
import { TargetSteps } from './TargetSteps.tsx'
import type { DraftFields } from './draftFields.ts'
import styles from './ScheduleForm.module.css'

/** A task that can be chosen. */
export interface TaskChoice {
  readonly identifier: string
  readonly label: string | null
  readonly description: string | null
  readonly available: boolean | null
  readonly execution: Execution | null
  readonly mayUse: boolean
  readonly requiredRole: string | null
  readonly disabledAt: string | null
  readonly disabledReason: string | null
  /** Why the worker that announced it could not load its file; null: it was loaded. */
  readonly problem: string | null
  /** The resource group of its runs, unless their schedule names one; null: none. */
  readonly resourceGroup: string | null
  /** The group of tasks that it belongs to; null: none. */
  readonly taskGroup: string | null
  readonly payloadSchema: unknown
}

/** A workflow that can be chosen. */
export interface WorkflowChoice {
  readonly name: string
  readonly description: string | null
}

/** Why a task is not a good choice; null: it is one. */
export function taskProblem(task: TaskChoice): string | null {
  if (!task.mayUse)
    return task.requiredRole === null
      ? 'Not for your role.'
      : `Only for members of the role ${task.requiredRole}.`
  if (task.disabledAt !== null)
    return `Switched off${task.disabledReason === null ? '' : `: ${task.disabledReason}`}. Its schedules do not run.`
  if (task.problem !== null) return `It could not be loaded, so its runs fail: ${task.problem}`
  if (task.available === false) return 'No running worker has this task; runs wait until one does.'
  return null
}

/** What runs: name, task and what the task is given. */
export function TaskFields({
  draft,
  field,
  tasks,
  workflows,
  payloadErrors,
}: DraftFields & {
  tasks: readonly TaskChoice[]
  workflows: readonly WorkflowChoice[]
  payloadErrors: PayloadErrors
}) {
  const name = field('name')
  const description = field('description')
  const task = field('task')
  const target = field('target')
  const group = field('taskGroup')
  const workflow = field('workflowName')
  const statement = field('statement')
  const then = field('then')
  const payload = field('payload')
  const timeout = field('timeout')
  const tags = field('tags')
  const chosen = tasks.find(({ identifier }) => identifier === draft.task)
  // That of a group, of all tasks, or of a workflow goes with what the schedule runs.
  const known =
    chosen === undefined
      ? [...tasks.map(({ identifier }) => identifier), draft.task]
      : tasks.map(({ identifier }) => identifier).filter((identifier) => identifier !== 'almanac:tasks')
  const groups = new Set(tasks.map(({ taskGroup }) => taskGroup).filter((name) => name !== null))
  if (draft.taskGroup !== '') groups.add(draft.taskGroup)

  return (
    <div className={styles.fields}>
      <div className={styles.two}>
        <TextInput
          size="xs"
          label="Name"
          required
          withAsterisk={false}
          {...name}
          onChange={(event) => name.onChange(event.currentTarget.value)}
          autoFocus={draft.name === ''}
        />
        <Select
          size="xs"
          label="Runs"
          data={targetChoices}
          allowDeselect={false}
          {...target}
          onChange={(value) => {
            if (value === null || value === draft.target) return
            payload.onChange(payloadForTarget(draft, value))
            target.onChange(value)
          }}
          description={choiceOf(targetChoices, draft.target).effect}
          inputWrapperOrder={['label', 'input', 'error', 'description']}
        />
      </div>
      <div className={styles.two}>
        {draft.target === 'group' && (
          <Select
            size="xs"
            label="Group of tasks"
            data={[...groups].sort()}
            searchable
            allowDeselect={false}
            nothingFoundMessage="No task belongs to a group."
            {...group}
            onChange={(value) => value !== null && group.onChange(value)}
          />
        )}
        {draft.target === 'workflow' && (
          <Select
            size="xs"
            label="Workflow"
            data={workflows.map(({ name }) => name)}
            searchable
            allowDeselect={false}
            nothingFoundMessage="There is none: define_workflow() makes one in SQL."
            {...workflow}
            onChange={(value) => value !== null && workflow.onChange(value)}
            description={workflows.find(({ name }) => name === draft.workflowName)?.description}
            inputWrapperOrder={['label', 'input', 'error', 'description']}
          />
        )}
        {!hasSteps(draft) && (
          <Select
            size="xs"
            label="Task"
            data={known.map((value) => ({
              value,
              label: value,
              // One that it has already can stay.
              disabled:
                value !== draft.task &&
                tasks.find(({ identifier }) => identifier === value)?.mayUse === false,
            }))}
            searchable
            allowDeselect={false}
            {...task}
            onChange={(value) => value !== null && task.onChange(value)}
            classNames={{ input: styles.mono ?? '' }}
            renderOption={({ option }) => {
              const one = tasks.find(({ identifier }) => identifier === option.value)
              return (
                <span className={styles.option}>
                  <code>{option.value}</code>
                  <small>{one && (taskProblem(one) ?? one.description ?? one.label)}</small>
                </span>
              )
            }}
            description={chosen && taskProblem(chosen)}
            inputWrapperOrder={['label', 'input', 'error', 'description']}
          />
        )}
        <TextInput
          size="xs"
          label={<Label note="optional">Timeout</Label>}
          placeholder={placeholderOf(chosen?.execution, 'timeout')}
          {...timeout}
          onChange={(event) => timeout.onChange(event.currentTarget.value)}
        />
      </div>
      <div className={hasSteps(draft) ? styles.wideAndNarrow : styles.fields}>
        {isStatement(draft) ? (
          <div className={styles.fields}>
            <Textarea
              size="xs"
              label="Statement"
              autosize
              minRows={1}
              maxRows={14}
              spellCheck={false}
              classNames={{ input: styles.mono ?? '' }}
              {...statement}
              onChange={(event) => statement.onChange(event.currentTarget.value)}
            />
            <Fields
              fields={payloadFields(chosen?.payloadSchema).filter(({ name }) => name === 'then')}
              path={[]}
              payload={{ then: then.value }}
              errors={payloadErrors}
              onSet={(path, value) =>
                then.onChange(valueAt(withValueAt({ then: then.value }, path, value), ['then']) as string[])
              }
            />
          </div>
        ) : (
          <PayloadInput
            // Of a list, each element fits it; of several tasks, what each gets fits its own.
            schema={draft.target === 'task' ? chosen?.payloadSchema : null}
            text={payload.value}
            onChange={payload.onChange}
            error={payload.error}
            errors={payloadErrors}
          />
        )}
        {draft.target === 'all' && <TargetSteps target="all" of={null} />}
        {draft.target === 'group' && draft.taskGroup !== '' && (
          <TargetSteps target="group" of={draft.taskGroup} />
        )}
        {draft.target === 'workflow' && draft.workflowName !== '' && (
          <TargetSteps target="workflow" of={draft.workflowName} />
        )}
      </div>
      <div className={styles.two}>
        <TextInput
          size="xs"
          label={<Label note="optional">Description</Label>}
          {...description}
          onChange={(event) => description.onChange(event.currentTarget.value)}
        />
        <TagsInput size="xs" label={<Label note="optional">Tags</Label>} {...tags} />
      </div>
    </div>
  )
}
