import { Button, Checkbox, Select, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Json } from '../../graphql/graphql.ts'
import {
  emptyOf,
  payloadFields,
  payloadIn,
  payloadText,
  pointerOf,
  valueAt,
  withValueAt,
  type Path,
  type PayloadField,
} from './payloadFields.ts'
import { JsonInput } from './JsonInput.tsx'
import styles from './PayloadInput.module.css'

/** Messages of the database by place, a JSON Pointer. */
export type PayloadErrors = ReadonlyMap<string, string>

interface PayloadInputProps {
  /** JSON Schema of the task; null: any object. */
  schema: unknown
  /** The payload as JSON, as typed: one draft for the fields and the text. */
  text: string
  onChange: (text: string) => void
  /** What is wrong with all of it. */
  error: string | undefined
  errors: PayloadErrors
}

/** What a task is given: fields by its schema, and the same as JSON. */
export function PayloadInput({ schema, text, onChange, error, errors }: PayloadInputProps) {
  const fields = payloadFields(schema)
  const payload = payloadIn(text)
  const [isOpen, setIsOpen] = useState(false)
  const json = <JsonInput {...{ text, onChange, error, errors }} />
  if (fields.length === 0) return json
  return (
    <div className={styles['fields']} role="group" aria-label="Payload by fields">
      {payload === null ? (
        <p className="small">The JSON below is not an object. Its fields appear here again once it is one.</p>
      ) : (
        <Fields
          fields={fields}
          path={[]}
          payload={payload}
          errors={errors}
          onSet={(path, value) => onChange(payloadText(withValueAt(payload, path, value)))}
        />
      )}
      <details open={isOpen || payload === null} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>As JSON</summary>
        {json}
      </details>
      {error !== undefined && payload !== null && !isOpen && (
        <p role="alert" className={styles['error']}>
          {error}
        </p>
      )}
    </div>
  )
}

interface FieldsProps {
  path: Path
  payload: Json
  errors: PayloadErrors
  onSet: (path: Path, value: Json | undefined) => void
}

/** The inputs of several fields. */
export function Fields({ fields, ...rest }: FieldsProps & { fields: readonly PayloadField[] }) {
  return fields.map((field) => (
    <Field key={field.name} {...rest} field={field} path={[...rest.path, field.name]} label={field.label} />
  ))
}

const shown = (value: Json | undefined) =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)

function Field({
  field,
  label,
  path,
  payload,
  errors,
  onSet,
}: FieldsProps & { field: PayloadField; label: string }) {
  const value = valueAt(payload, path)
  const props = {
    size: 'xs',
    label: field.isRequired ? label : `${label} (optional)`,
    description: field.description,
    error: errors.get(pointerOf(path)),
  } as const
  const placeholder = field.standard === undefined ? '' : `${shown(field.standard)} (default)`
  switch (field.is) {
    case 'text':
    case 'number': {
      const Input = field.is === 'text' && field.isLong ? Textarea : TextInput
      return (
        <Input
          {...props}
          placeholder={placeholder}
          inputMode={field.is === 'number' ? 'decimal' : 'text'}
          value={shown(value)}
          onChange={(event) => onSet(path, typed(event.currentTarget.value, field))}
          onBlur={() => {
            // As "1.50", which was text while "1.5" might still have become "1.55".
            if (
              field.is === 'number' &&
              typeof value === 'string' &&
              value.trim() !== '' &&
              Number.isFinite(Number(value))
            )
              onSet(path, Number(value))
          }}
        />
      )
    }
    case 'boolean':
      return (
        <Checkbox
          {...props}
          checked={(value ?? field.standard) === true}
          onChange={(event) => onSet(path, event.currentTarget.checked)}
        />
      )
    case 'choice':
      return (
        <Select
          {...props}
          placeholder={placeholder}
          data={field.choices.map((choice) => ({ value: JSON.stringify(choice), label: shown(choice) }))}
          clearable={!field.isRequired}
          value={value === undefined ? null : JSON.stringify(value)}
          onChange={(chosen) => onSet(path, chosen === null ? undefined : (JSON.parse(chosen) as Json))}
        />
      )
    case 'object':
      return (
        <fieldset className={styles['part']}>
          <legend>{props.label}</legend>
          <Fields fields={field.fields} path={path} payload={payload} errors={errors} onSet={onSet} />
        </fieldset>
      )
    case 'list': {
      const items = Array.isArray(value) ? (value as readonly Json[]) : []
      return (
        <fieldset className={styles['part']}>
          <legend>{props.label}</legend>
          {props.description !== null && <p className={styles['note']}>{props.description}</p>}
          {props.error !== undefined && (
            <p role="alert" className={styles['error']}>
              {props.error}
            </p>
          )}
          {items.map((_, nth) => (
            <div key={nth} className={styles['item']}>
              <div>
                <Field
                  field={field.item}
                  label={`${label} ${nth + 1}`}
                  path={[...path, nth]}
                  payload={payload}
                  errors={errors}
                  onSet={onSet}
                />
              </div>
              <Button
                size="compact-xs"
                variant="default"
                aria-label={`Remove ${label} ${nth + 1}`}
                onClick={() => onSet([...path, nth], undefined)}
              >
                Remove
              </Button>
            </div>
          ))}
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`Add to ${label}`}
            onClick={() => onSet([...path, items.length], emptyOf(field.item))}
          >
            Add
          </Button>
        </fieldset>
      )
    }
    case 'other':
      return (
        <p className="small">
          {props.label}: {value === undefined ? 'not given' : <code>{shown(value)}</code>}. Write it as JSON.
        </p>
      )
  }
}

/** What a field holds: a number as soon as it is one, so that the database can say what is wrong with anything else. */
function typed(text: string, field: PayloadField): Json | undefined {
  if (text === '') return field.isRequired ? '' : undefined
  const number = Number(text)
  return field.is === 'number' && Number.isFinite(number) && String(number) === text ? number : text
}
