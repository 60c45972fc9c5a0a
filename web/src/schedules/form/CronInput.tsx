import { Input } from '@mantine/core'
import { useId } from 'react'
import { cronFields, errorRange, withCronField } from './cronFields.ts'
import styles from './CronInput.module.css'

interface CronInputProps {
  value: string
  onChange: (value: string) => void
  error?: string | undefined
  /** Where in the text the error is, from 1. */
  errorPosition: number | null
}

/** A cron expression as text and, below, field by field; what is wrong is underlined where it stands. */
export function CronInput({ value, onChange, error, errorPosition }: CronInputProps) {
  const id = useId()
  const range = error !== undefined && errorPosition !== null ? errorRange(value, errorPosition) : null
  const fields = cronFields(value)
  return (
    <div>
      <Input.Wrapper
        id={id}
        size="xs"
        label="Cron expression"
        error={error}
        description={`${fields.length === 6 ? 'second ' : ''}minute hour day month weekday`}
        inputWrapperOrder={['label', 'description', 'input', 'error']}
        className={styles.sideLabel ?? ''}
      >
        <div className={styles.cronText}>
          <div className={styles.mirror} aria-hidden>
            {range === null ? (
              value
            ) : (
              <>
                {value.slice(0, range[0])}
                <mark>{value.slice(...range) || ' '}</mark>
                {value.slice(range[1])}
              </>
            )}
          </div>
          <Input
            id={id}
            size="xs"
            classNames={{ input: styles.text ?? '' }}
            value={value}
            error={error !== undefined}
            onChange={(event) => onChange(event.currentTarget.value)}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
          />
        </div>
      </Input.Wrapper>
      {fields.length > 0 && (
        <div className={styles.cronFields} role="group" aria-label="Cron expression by field">
          {fields.map((field, index) => {
            const wrong = range !== null && field.start === range[0]
            return (
              <label key={field.label} data-wrong={wrong || undefined}>
                <small>{field.label}</small>
                <input
                  value={field.value}
                  onChange={(event) => onChange(withCronField(value, index, event.currentTarget.value))}
                  aria-invalid={wrong}
                  spellCheck={false}
                  autoComplete="off"
                />
              </label>
            )
          })}
        </div>
      )}
    </div>
  )
}
