import { NumberInput, Select } from '@mantine/core'
import { useSession } from '../../session/useSession.ts'
import { ClockInput } from './ClockInput.tsx'
import { readCron, repeatAs, writeCron, type CronChoice } from './cronChoice.ts'
import styles from './CronPicker.module.css'

interface CronPickerProps {
  value: string
  onChange: (cron: string) => void
}

const ways: readonly { value: CronChoice['repeats']; label: string }[] = [
  { value: 'minutes', label: 'Every few minutes' },
  { value: 'hour', label: 'Every hour' },
  { value: 'day', label: 'Every day' },
  { value: 'week', label: 'On weekdays' },
  { value: 'month', label: 'Every month' },
]
const other = { value: 'other', label: 'As in the expression' }

const weekdayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/** Pickers that write the expression. What they cannot show is left as it is until one of them is used. */
export function CronPicker({ value, onChange }: CronPickerProps) {
  const choice = readCron(value)
  const write = (next: CronChoice) => onChange(writeCron(next))
  return (
    <div className={styles.picker} role="group" aria-label="Repeats">
      <Select
        size="xs"
        w={180}
        label="Repeats"
        data={choice === null ? [...ways, other] : [...ways]}
        allowDeselect={false}
        value={choice?.repeats ?? other.value}
        onChange={(repeats) => {
          const way = ways.find((each) => each.value === repeats)
          if (way !== undefined && way.value !== choice?.repeats) write(repeatAs(way.value, choice))
        }}
      />
      {choice?.repeats === 'minutes' && (
        <Count
          label="Minutes"
          between={[1, 59]}
          value={choice.step}
          onChange={(step) => write({ ...choice, step })}
        />
      )}
      {choice?.repeats === 'hour' && (
        <Count
          label="At minute"
          between={[0, 59]}
          value={choice.minute}
          onChange={(minute) => write({ ...choice, minute })}
        />
      )}
      {choice?.repeats === 'month' && (
        <Count
          label="On day"
          between={[1, 31]}
          value={choice.day}
          onChange={(day) => write({ ...choice, day })}
        />
      )}
      {choice !== null && 'time' in choice && (
        <ClockInput label="At" value={choice.time} onChange={(time) => write({ ...choice, time })} />
      )}
      {choice?.repeats === 'week' && (
        <Weekdays chosen={choice.weekdays} onChange={(weekdays) => write({ ...choice, weekdays })} />
      )}
    </div>
  )
}

interface CountProps {
  label: string
  between: readonly [least: number, most: number]
  value: number
  onChange: (value: number) => void
}

/** A whole number; what is out of its bounds is not passed on. */
function Count({ label, between: [least, most], value, onChange }: CountProps) {
  return (
    <NumberInput
      size="xs"
      w={92}
      label={label}
      min={least}
      max={most}
      allowDecimal={false}
      value={value}
      onChange={(typed) => typeof typed === 'number' && typed >= least && typed <= most && onChange(typed)}
    />
  )
}

interface WeekdaysProps {
  chosen: readonly number[]
  onChange: (weekdays: readonly number[]) => void
}

/** The days of a week as toggles, beginning as the viewer's weeks do; the last chosen one stays. */
function Weekdays({ chosen, onChange }: WeekdaysProps) {
  const { weekStart } = useSession()
  const days = Array.from({ length: 7 }, (_, index) => ((weekStart - 1 + index) % 7) + 1)
  const toggle = (day: number) => {
    const next = chosen.includes(day) ? chosen.filter((each) => each !== day) : [...chosen, day]
    if (next.length > 0) onChange(next)
  }
  return (
    <div className={styles.weekdays} role="group" aria-label="Weekdays">
      {days.map((day) => (
        <button
          key={day}
          type="button"
          aria-pressed={chosen.includes(day)}
          aria-label={weekdayNames[day - 1]}
          onClick={() => toggle(day)}
        >
          {weekdayNames[day - 1]?.slice(0, 2)}
        </button>
      ))}
    </div>
  )
}
