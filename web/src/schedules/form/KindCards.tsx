import { IconCircleNumber1, IconClock, IconPlayerPlay, IconRepeat } from '@tabler/icons-react'
import type { Draft } from './draft.ts'
import styles from './ScheduleForm.module.css'

const kinds = [
  { kind: 'cron', Icon: IconRepeat, name: 'Cron', meaning: 'At set times' },
  { kind: 'interval', Icon: IconClock, name: 'Interval', meaning: 'At a fixed interval' },
  { kind: 'once', Icon: IconCircleNumber1, name: 'Once', meaning: 'A single time' },
  { kind: 'manual', Icon: IconPlayerPlay, name: 'Manual', meaning: 'Only when triggered' },
] as const

interface KindCardsProps {
  value: Draft['kind']
  onChange: (kind: Draft['kind']) => void
}

/** The four ways in which times can be given. */
export function KindCards({ value, onChange }: KindCardsProps) {
  return (
    <fieldset className={styles.kinds}>
      <legend>Kind</legend>
      {kinds.map(({ kind, Icon, name, meaning }) => (
        <label key={kind} className={styles.kind}>
          <input
            type="radio"
            name="kind"
            value={kind}
            checked={value === kind}
            onChange={() => onChange(kind)}
            aria-label={name}
          />
          <Icon size={17} aria-hidden />
          <span>
            <b>{name}</b>
            <small>{meaning}</small>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
