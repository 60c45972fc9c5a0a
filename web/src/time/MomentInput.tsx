import { SegmentedControl, TextInput } from '@mantine/core'
import { useId } from 'react'
import { clocksIn } from './clockHours.ts'
import { clockChange, fullTime, localParts } from './localTime.ts'
import { DateInput } from './DateInput.tsx'
import styles from './MomentInput.module.css'

interface MomentInputProps {
  label: string
  note?: string
  /** As 2026-11-25T09:00, with an offset where that time comes twice. */
  value: string
  zone: string
  onChange: (local: string) => void
  error: string | undefined
  /** Begins with the focus, on the time. */
  autoFocus?: boolean
}

/** A date and a time of day, of 24 hours, on the clock of a zone; days on which that clock is changed are told. */
export function MomentInput({
  label,
  note,
  value,
  zone,
  onChange,
  error,
  autoFocus = false,
}: MomentInputProps) {
  const id = useId()
  const { date, time, offset } = localParts(value)
  const change = clockChange(date, time, zone)
  const write = (nextDate: string, nextTime: string) =>
    onChange(nextDate === '' && nextTime === '' ? '' : `${nextDate}T${nextTime}`)
  const described = { 'aria-describedby': id, error: error !== undefined }
  return (
    <fieldset className={styles.moment}>
      <legend>
        {label} {note !== undefined && <span className={styles.said}>{note}</span>}
      </legend>
      <DateInput
        aria-label={`${label}: date`}
        {...described}
        value={date}
        zone={zone}
        onChange={(text) => write(text, time === '' ? '00:00' : time)}
      />
      <TextInput
        size="xs"
        aria-label={`${label}: time`}
        {...described}
        placeholder="00:00"
        value={time}
        inputMode="numeric"
        autoComplete="off"
        onChange={(event) => write(date, event.currentTarget.value.trim())}
        onBlur={() => time !== fullTime(time) && write(date, fullTime(time))}
        autoFocus={autoFocus}
      />
      {change?.is === 'twice' && (
        <SegmentedControl
          size="xs"
          className={styles.repeated ?? ''}
          aria-label={`${label}: which of the two`}
          data={[
            { value: change.offsets[0], label: `First, ${change.offsets[0]}` },
            { value: change.offsets[1], label: `Second, ${change.offsets[1]}` },
          ]}
          value={offset ?? change.offsets[0]}
          onChange={(chosen) => onChange(`${date}T${time}${chosen === change.offsets[0] ? '' : chosen}`)}
        />
      )}
      <div id={id}>
        {error !== undefined && <p className={styles.wrong}>{error}</p>}
        {change?.is === 'skipped' && (
          <p className={styles.said}>
            Clocks skip {clocksIn(time)} that day: it is {clocksIn(change.shows)} {change.offset}.
          </p>
        )}
        {change?.is === 'twice' && <p className={styles.said}>{time} occurs twice that day.</p>}
      </div>
    </fieldset>
  )
}
