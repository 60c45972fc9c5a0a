import { Select } from '@mantine/core'
import { useMemo } from 'react'
import { timeZones } from '../../time/instant.ts'
import { CronInput } from './CronInput.tsx'
import { CronPicker } from './CronPicker.tsx'
import { KindCards } from './KindCards.tsx'
import { IntervalInput } from './IntervalInput.tsx'
import { MomentInput } from '../../time/MomentInput.tsx'
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
      {draft.kind === 'cron' && (
        <>
          <CronPicker value={cron.value} onChange={cron.onChange} />
          <CronInput {...cron} errorPosition={preview.cronPosition} />
        </>
      )}
      {draft.kind === 'interval' && <IntervalInput {...every} />}
      <div className={styles.three}>
        {draft.kind === 'once' && <MomentInput label="Runs at" zone={draft.timezone} {...runAt} />}
        <Select
          size="xs"
          label="Time zone"
          data={zones}
          searchable
          allowDeselect={false}
          limit={mostZonesShown}
          nothingFoundMessage="No such zone"
          selectFirstOptionOnChange
          {...timezone}
          onFocus={(event) => event.currentTarget.select()}
          onKeyDown={(event) => {
            // Enter takes the zone that was typed; it must not save the form with the one before.
            if (event.key === 'Enter' && event.currentTarget.ariaExpanded === 'true') event.preventDefault()
          }}
          onChange={(value) => value !== null && timezone.onChange(value)}
        />
        {(draft.kind === 'cron' || draft.kind === 'interval') && (
          <>
            <MomentInput label="Starts" note="optional" zone={draft.timezone} {...startsAt} />
            <MomentInput label="Ends" note="optional" zone={draft.timezone} {...endsAt} />
          </>
        )}
      </div>
    </div>
  )
}
