import { ActionIcon } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { formatDay } from '../time/instant.ts'
import styles from './Exclusions.module.css'

/** The rule of an imported series that continues after its entries. */
export interface CalendarRule {
  readonly rowId: string
  readonly label: string | null
  /** Null: it has ended, and all of it is known. */
  readonly knownUntil: string | null
  readonly source: string
}

interface RuleListProps {
  rules: readonly CalendarRule[]
  /** Null for those who may not. */
  onRemove: ((rule: CalendarRule) => void) | null
}

/** Imported series that continue; workers add occurrences years before the known ones end. */
export function RuleList({ rules, onRemove }: RuleListProps) {
  return (
    <ul className={styles.times}>
      {rules.map((rule) => {
        const name = rule.label ?? rule.source
        return (
          <li key={rule.rowId} title={rule.source}>
            <b>{name}</b>
            <span>
              {rule.knownUntil === null ? 'ended' : `known until ${formatDay(rule.knownUntil, 'UTC', 0)}`}
              {onRemove !== null && (
                <ActionIcon
                  size="sm"
                  variant="subtle"
                  color="gray"
                  aria-label={`Remove ${name} and its entries`}
                  title={`Remove ${name} and its entries`}
                  onClick={() => onRemove(rule)}
                >
                  <IconTrash size={14} />
                </ActionIcon>
              )}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
