import { ActionIcon, TextInput, type TextInputProps } from '@mantine/core'
import { IconCalendar } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { dayKey } from './instant.ts'
import { readDate } from './readDate.ts'
import { useMinute } from './useMinute.ts'
import styles from './MomentInput.module.css'

interface DateInputProps extends Omit<TextInputProps, 'value' | 'onChange' | 'type'> {
  /** As 2026-11-25; what is not a date is shown as it is. */
  value: string
  /** The zone whose today relative dates count from. */
  zone: string
  /** Of a date that was typed in any way, as 2026-11-25; otherwise the text as it is. */
  onChange: (date: string, isDate: boolean) => void
}

/** A date that is shown the same in every locale, typed as people do ("3 dec", "friday", "+7"), or picked in the browser's own calendar. */
export function DateInput({ value, zone, onChange, ...rest }: DateInputProps) {
  const today = dayKey(useMinute(), zone)
  const picker = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState<{ text: string; told: string } | null>(null)
  const [seen, setSeen] = useState(value)
  if (value !== seen) {
    setSeen(value)
    // Something else than what is typed changed it, such as a form that begins again.
    if (value !== typed?.told) setTyped(null)
  }
  const isDate = readDate(value, today) === value
  return (
    <TextInput
      size="xs"
      placeholder="YYYY-MM-DD"
      title="As 2026-12-24, 24 dec, friday, tomorrow or +7"
      autoComplete="off"
      spellCheck={false}
      {...rest}
      value={typed?.text ?? value}
      onChange={(event) => {
        const text = event.currentTarget.value
        const date = readDate(text, today)
        // In front of a time of day a T would begin that.
        const told = date ?? text.trim().replaceAll('T', 't')
        setTyped({ text, told })
        onChange(told, date !== null)
      }}
      onBlur={() => setTyped(null)}
      rightSection={
        <>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={24}
            aria-label="Pick a date"
            onClick={() => picker.current?.showPicker()}
          >
            <IconCalendar size={15} aria-hidden />
          </ActionIcon>
          <input
            ref={picker}
            type="date"
            className={styles.picker}
            tabIndex={-1}
            aria-hidden
            max="9999-12-31"
            value={isDate ? value : ''}
            onChange={(event) => {
              setTyped(null)
              onChange(event.currentTarget.value, event.currentTarget.value !== '')
            }}
          />
        </>
      }
    />
  )
}
