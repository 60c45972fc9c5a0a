import { Switch } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useEffect, useEffectEvent, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import type { Problem } from '../../graphql/error.ts'
import { Panel } from '../../panel/Panel.tsx'
import { ProblemNote } from '../../panel/ProblemNote.tsx'
import { AsSql } from './AsSql.tsx'
import { CronTemplates } from './CronTemplates.tsx'
import { definitionOf, PayloadError, payloadTextOf, type Draft } from './draft.ts'
import type { DraftFields } from './draftFields.ts'
import { ExclusionFields } from './ExclusionFields.tsx'
import { formErrors } from './formErrors.ts'
import { NextFive } from './NextFive.tsx'
import type { PayloadErrors } from '../payload/PayloadInput.tsx'
import type { RetentionRule } from '../../settings/retention.ts'
import { PolicyFields } from './PolicyFields.tsx'
import { scheduleSql } from './sqlText.ts'
import { TaskFields, type TaskChoice, type WorkflowChoice } from './TaskFields.tsx'
import type { Preview } from './usePreview.ts'
import type { DraftChange } from './useChangePreview.ts'
import { WhatIf } from './WhatIf.tsx'
import { WhenFields } from './WhenFields.tsx'
import '../../panel/panel.css'
import styles from './ScheduleForm.module.css'

interface ScheduleFormProps {
  id: string
  initial: Draft
  tasks: readonly TaskChoice[]
  zone: string
  /** Asks the database about the draft; a hook. */
  usePreview: (draft: Draft) => Preview
  /** Asks the database where the payload does not fit its task; a hook. */
  usePayloadErrors?: (task: string, payload: string) => PayloadErrors
  /** What saving was refused for. */
  problems: readonly Problem[]
  /** What is in the fields at first, where that is not `initial`. */
  typed?: Draft | undefined
  onSubmit: (draft: Draft) => void
  onDraftChange: (draft: Draft, isDirty: boolean) => void
  /** What is said above the fields, given what is in them. */
  notice?: (draft: Draft) => ReactNode
  isNew: boolean
  heading: ReactNode
  /** The buttons, which come after the fields by keys and stand next to the heading. */
  actions: ReactNode
  workflows: readonly WorkflowChoice[]
  /** Names of the resource groups that there are. */
  groups: readonly string[]
  /** How long runs are kept where it says nothing; null: not known. */
  retention: RetentionRule | null
  /** Names of the calendars that there are. */
  calendars: readonly string[]
  /** A way to make one. */
  calendarsLink: ReactNode
  /** Asks the database what saving would change; a hook. Null for a new schedule. */
  useChangePreview?: (draft: Draft, saved: Draft) => DraftChange | null
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

const useNoChange = () => null
const noErrors: PayloadErrors = new Map()
const useNoErrors = () => noErrors

function sqlOf(draft: Draft): string | null {
  try {
    return scheduleSql(definitionOf(draft))
  } catch (error) {
    if (error instanceof PayloadError) return null
    throw error
  }
}

function payloadProblem(draft: Draft): string | undefined {
  try {
    definitionOf(draft)
  } catch (error) {
    if (error instanceof PayloadError) return error.message
    throw error
  }
  return undefined
}

/** Creates or changes a schedule: all that is typed is kept, and what is wrong is said where it is. */
export function ScheduleForm(props: ScheduleFormProps) {
  const { id, initial, tasks, zone, usePreview, problems, onSubmit, onDraftChange, typed } = props
  const { useChangePreview = useNoChange, usePayloadErrors = useNoErrors } = props
  const form = useForm<Draft>({
    mode: 'controlled',
    initialValues: initial,
    onValuesChange: (values) => onDraftChange(values, !isSame(values, initial)),
  })
  const fillIn = useEffectEvent(() => typed !== undefined && form.setValues(typed))
  useEffect(() => void fillIn(), [])
  const draft = form.values
  const [submitted, setSubmitted] = useState(initial)
  const preview = usePreview(draft)
  const change = useChangePreview(draft, initial)
  const payloadErrors = usePayloadErrors(draft.task, draft.target === 'task' ? payloadTextOf(draft) : 'null')
  const refused = formErrors(problems, draft)
  const checked = formErrors(
    preview.problems.filter(({ code }) => code !== 'network'),
    draft,
  )
  // What is wrong with an empty field is not wrong with the text that is being typed into it, nor with another task.
  const isOfOtherTask = (key: keyof Draft, task: string | undefined) =>
    ['payload', 'statement'].includes(key) && task !== draft.task
  const wasOther = (key: keyof Draft) =>
    (preview.checked?.[key] === '' && draft[key] !== '') || isOfOtherTask(key, preview.checked?.task)
  const sql = sqlOf(draft)
  const element = useRef<HTMLFormElement>(null)
  const showFirstError = () => element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  useEffect(() => {
    if (problems.length > 0) showFirstError()
  }, [problems])

  const saveByKeys = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    // A field may take what is typed in it by this very key. While it is being saved the button does nothing.
    queueMicrotask(() => element.current?.querySelector<HTMLElement>('[type="submit"]')?.click())
  }

  const fields: DraftFields = {
    draft,
    field: (key) => ({
      value: draft[key],
      onChange: (value) => form.setValues({ [key]: value }),
      error:
        (key === 'payload' ? payloadProblem(draft) : undefined) ??
        (isSame(draft[key], initial[key]) || wasOther(key) ? undefined : checked.fields[key]) ??
        (submitted[key] === draft[key] && !isOfOtherTask(key, submitted.task)
          ? refused.fields[key]
          : undefined),
    }),
  }

  return (
    <form
      ref={element}
      id={id}
      className={`page ${styles.form}`}
      noValidate
      onKeyDown={saveByKeys}
      onSubmit={(event) => {
        event.preventDefault()
        if (payloadProblem(draft) !== undefined) return showFirstError()
        setSubmitted(draft)
        onSubmit(draft)
      }}
    >
      <div className={styles.heading}>{props.heading}</div>
      <div className="columns">
        <div className="stack">
          {props.notice?.(draft)}
          {refused.rest.map((problem) => (
            <ProblemNote key={problem.message} problem={problem} />
          ))}
          <Panel title="What runs">
            <TaskFields {...fields} tasks={tasks} workflows={props.workflows} payloadErrors={payloadErrors} />
          </Panel>
          <Panel
            title="When"
            aside={draft.kind === 'cron' && <CronTemplates onChoose={fields.field('cron').onChange} />}
          >
            <WhenFields {...fields} preview={preview} />
            {props.isNew && (
              <Switch
                className={styles.enabled ?? ''}
                size="xs"
                label="Enable now"
                description={
                  draft.isEnabled
                    ? 'It runs as soon as it is due.'
                    : 'It is saved, and runs once it is enabled.'
                }
                checked={draft.isEnabled}
                onChange={(event) => form.setValues({ isEnabled: event.currentTarget.checked })}
              />
            )}
          </Panel>
          <Panel title="If a run overlaps, is late or fails">
            <div className={styles.fields}>
              <PolicyFields
                {...fields}
                groups={props.groups}
                retention={props.retention}
                groupOfTask={tasks.find(({ identifier }) => identifier === draft.task)?.resourceGroup ?? null}
                execution={tasks.find(({ identifier }) => identifier === draft.task)?.execution}
              />
              <ExclusionFields {...fields} calendars={props.calendars} calendarsLink={props.calendarsLink} />
            </div>
          </Panel>
        </div>
        <div className={`stack ${styles.aside}`}>
          <NextFive draft={draft} preview={preview} zone={zone} />
          {change !== null && <WhatIf {...change} zone={draft.timezone} />}
          {sql !== null && <AsSql sql={sql} />}
        </div>
      </div>
      <div className={styles.actions}>{props.actions}</div>
    </form>
  )
}
