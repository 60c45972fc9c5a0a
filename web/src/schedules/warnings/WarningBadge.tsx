import { IconAlertTriangle } from '@tabler/icons-react'
import { warningsText, type ScheduleWarning } from './scheduleWarnings.ts'
import './warnings.css'

interface WarningBadgeProps {
  warnings: readonly ScheduleWarning[]
  /** What carries it says it already. */
  isSilent?: boolean
}

/** The sign that something is wrong with a schedule; what, is its title. */
export function WarningBadge({ warnings, isSilent = false }: WarningBadgeProps) {
  if (warnings.length === 0) return null
  const text = warningsText(warnings)
  const spoken = isSilent ? { 'aria-hidden': true } : { role: 'img', 'aria-label': text, title: text }
  return (
    <span className="warning-badge" {...spoken}>
      <IconAlertTriangle aria-hidden />
    </span>
  )
}

/** What is wrong with a schedule, each by its name. */
export function WarningTags({ warnings }: { warnings: readonly ScheduleWarning[] }) {
  return warnings.map(({ kind, name, text }) => (
    <span key={kind} className="warning-tag" title={text}>
      <IconAlertTriangle aria-hidden /> {name}
      <span className="visually-hidden">: {text}</span>
    </span>
  ))
}

/** The same in full sentences. */
export function WarningNotes({ warnings }: { warnings: readonly ScheduleWarning[] }) {
  return warnings.map(({ kind, name, text }) => (
    <p key={kind} className="warning-note">
      <IconAlertTriangle aria-hidden />
      <span>
        <b>{name}.</b> {text}
      </span>
    </p>
  ))
}
