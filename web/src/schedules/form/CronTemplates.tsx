import styles from './ScheduleForm.module.css'

const templates = [
  { name: 'every 15 minutes', cron: '*/15 * * * *' },
  { name: 'hourly', cron: '0 * * * *' },
  { name: 'nightly', cron: '0 3 * * *' },
  { name: 'weekdays', cron: '0 9 * * 1-5' },
  { name: 'first of the month', cron: '0 6 1 * *' },
] as const

/** Rules to start from. */
export function CronTemplates({ onChoose }: { onChoose: (cron: string) => void }) {
  return (
    <span className={styles.templates} role="group" aria-label="Start from">
      {templates.map(({ name, cron }) => (
        <button key={name} type="button" className={styles.link} title={cron} onClick={() => onChoose(cron)}>
          {name}
        </button>
      ))}
    </span>
  )
}
