import { IconCircleNumber1, IconClock, IconPlayerPlay, IconRepeat } from '@tabler/icons-react'
import { valuesOf } from '../../graphql/enum.ts'
import { kindNames } from '../rule.ts'
import type { Draft } from './draft.ts'
import styles from './ScheduleForm.module.css'

const cards: Record<Draft['kind'], { Icon: typeof IconClock; meaning: string }> = {
  cron: { Icon: IconRepeat, meaning: 'At set times' },
  interval: { Icon: IconClock, meaning: 'At a fixed interval' },
  once: { Icon: IconCircleNumber1, meaning: 'A single time' },
  manual: { Icon: IconPlayerPlay, meaning: 'Only when triggered' },
}

interface KindCardsProps {
  value: Draft['kind']
  onChange: (kind: Draft['kind']) => void
}

/** The ways in which times can be given. */
export function KindCards({ value, onChange }: KindCardsProps) {
  return (
    <fieldset className={styles.kinds}>
      <legend>Kind</legend>
      {valuesOf(cards).map((kind) => {
        const { Icon, meaning } = cards[kind]
        return (
          <label key={kind} className={styles.kind}>
            <input
              type="radio"
              name="kind"
              value={kind}
              checked={value === kind}
              onChange={() => onChange(kind)}
              aria-label={kindNames[kind]}
            />
            <Icon size={17} aria-hidden />
            <span>
              <b>{kindNames[kind]}</b>
              <small>{meaning}</small>
            </span>
          </label>
        )
      })}
    </fieldset>
  )
}
