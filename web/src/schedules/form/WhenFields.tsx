import { Select, TextInput } from '@mantine/core'
import { useMemo } from 'react'
import { timeZones } from '../../time/instant.ts'
import { CronInput } from './CronInput.tsx'
import { KindCards } from './KindCards.tsx'
import { Label } from './Label.tsx'
import type { DraftFields } from './draftFields.ts'
import type { Preview } from './usePreview.ts'
import styles from './ScheduleForm.module.css'

const mostZonesShown = 60

/** When it runs: the kind and what goes with it. */
export function WhenFields({ draft, field, preview }: DraftFields & { preview: Preview }) {
  const kind = field('kind')
  const cron = field('cron')
  const every = field('every')
  const runAt = field('runAt')
  const timezone = field('timezone')
  const startsAt = field('startsAt')
  const endsAt = field('endsAt')
  const zones = useMemo(() => [...new Set([draft.timezone, ...timeZones()])], [draft.timezone])

  return (
    <div className={styles.fields}>
      <KindCards value={kind.value} onChange={kind.onChange} />
      {draft.kind === 'cron' && <CronInput {...cron} errorPosition={preview.cronPosition} />}
      {draft.kind === 'interval' && (
        <TextInput
          size="xs"
          label={<Label note="as PostgreSQL reads it: 15 minutes, 6 hours, 1 month">Every</Label>}
          {...every}
          onChange={(event) => every.onChange(event.currentTarget.value)}
        />
      )}
      <div className={styles.three}>
        {draft.kind === 'once' && (
          <TextInput
            size="xs"
            type="datetime-local"
            step={1}
            label="Runs at"
            {...runAt}
            onChange={(event) => runAt.onChange(event.currentTarget.value)}
          />
        )}
        <Select
          size="xs"
          label="Time zone"
          data={zones}
          searchable
          allowDeselect={false}
          limit={mostZonesShown}
          nothingFoundMessage="No such zone"
          {...timezone}
          onChange={(value) => value !== null && timezone.onChange(value)}
        />
        {(draft.kind === 'cron' || draft.kind === 'interval') && (
          <>
            <TextInput
              size="xs"
              type="datetime-local"
              label={<Label note="optional">Starts</Label>}
              {...startsAt}
              onChange={(event) => startsAt.onChange(event.currentTarget.value)}
            />
            <TextInput
              size="xs"
              type="datetime-local"
              label={<Label note="optional">Ends</Label>}
              {...endsAt}
              onChange={(event) => endsAt.onChange(event.currentTarget.value)}
            />
          </>
        )}
      </div>
    </div>
  )
}
