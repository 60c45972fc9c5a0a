import { IconAlertTriangle } from '@tabler/icons-react'
import { Panel } from '../../panel/Panel.tsx'
import { formatDay, formatOffset, plainClock } from '../../time/instant.ts'
import { useNow } from '../../time/now.ts'
import { firstHint } from './firstHint.ts'
import { cronInWords } from '../rule.ts'
import { useTellZone } from '../../panel/shownZones.ts'
import type { Draft } from './draft.ts'
import type { Preview, PreviewTime } from './usePreview.ts'
import styles from './NextFive.module.css'

interface NextFiveProps {
  draft: Pick<Draft, 'kind' | 'cron' | 'every' | 'runAt' | 'timezone' | 'startsAt' | 'calendars'>
  preview: Preview
  /** The zone of the person who looks. */
  zone: string
}

function words({ kind, cron, every }: Pick<Draft, 'kind' | 'cron' | 'every'>): string {
  if (kind === 'cron') return cronInWords(cron) ?? cron
  if (kind === 'interval') return `Every ${every.replace(/^1 /, '')}`
  return kind === 'once' ? 'Once' : 'Only when triggered'
}

const cityOf = (zone: string) => zone.split('/').at(-1)?.replaceAll('_', ' ') ?? zone

/** The times that come of the rule, from the database; odd ones around clock changes are marked. */
export function NextFive({ draft, preview, zone }: NextFiveProps) {
  const now = useNow()
  const last = preview.last?.rule.kind === draft.kind ? preview.last : null
  const stale = preview.status === 'invalid' && last !== null
  const hint =
    preview.status === 'checking' &&
    draft.kind === 'cron' &&
    draft.startsAt === '' &&
    draft.calendars.length === 0
      ? firstHint(draft.cron, draft.timezone, now, 5)
      : []
  const shown = hint.length > 0 ? draft : (last?.rule ?? draft)
  const times: readonly PreviewTime[] =
    hint.length > 0 ? hint.map((at) => ({ at: new Date(at).toISOString(), note: null })) : (last?.times ?? [])
  useTellZone(shown.timezone)
  const both = shown.timezone !== zone

  return (
    <Panel
      title="Next runs"
      aside={
        stale ? (
          <span className="tag" data-tone="warn">
            Last valid rule
          </span>
        ) : undefined
      }
    >
      <p className={styles.ruleWords}>{words(shown)}</p>
      {shown.kind === 'cron' && (
        <p className="small muted">
          <code>{shown.cron}</code>
        </p>
      )}
      {times.length === 0 ? (
        <p className={styles.noTimes}>{emptyText(draft, preview)}</p>
      ) : (
        <table className={styles.times}>
          <thead>
            <tr>
              <td />
              <th scope="col">{shown.timezone}</th>
              {both && <th scope="col">{cityOf(zone)}</th>}
            </tr>
          </thead>
          <tbody>
            {times.map(({ at, note }) => (
              <tr key={at} data-odd={note !== null || undefined}>
                <td>{formatDay(at, shown.timezone, now)}</td>
                <td>
                  <b>
                    <time dateTime={at}>{plainClock(at, shown.timezone)}</time>{' '}
                    {formatOffset(at, shown.timezone)}
                  </b>
                </td>
                {both && (
                  <td>
                    {formatDay(at, zone).slice(0, 3)} {plainClock(at, zone)} {formatOffset(at, zone)}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {times
        .filter(({ note }) => note !== null)
        .map(({ at, note }) => (
          <p key={at} className={styles.note}>
            <IconAlertTriangle size={14} aria-hidden />
            <span>
              {formatDay(at, shown.timezone, now)}: {note}
            </span>
          </p>
        ))}
      {preview.warnings.map((warning) => (
        <p key={warning} className={styles.note}>
          <IconAlertTriangle size={14} aria-hidden />
          <span>{warning}</span>
        </p>
      ))}
    </Panel>
  )
}

function emptyText(draft: Pick<Draft, 'kind' | 'runAt'>, preview: Preview): string {
  if (draft.kind === 'manual') return 'It runs only when triggered.'
  if (draft.kind === 'once' && draft.runAt === '') return 'Choose a time to see it here.'
  if (preview.problems.some(({ code }) => code === 'network'))
    return 'The preview is not available right now.'
  return preview.status === 'valid'
    ? 'This rule has no upcoming runs.'
    : 'Enter a valid rule to see its next runs.'
}
