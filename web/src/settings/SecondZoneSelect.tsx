import { Select, type SelectProps } from '@mantine/core'
import { useEffect, useMemo, useRef } from 'react'
import '../theme/moreStyles.ts'
import { useSession } from '../session/useSession.ts'
import { timeZones } from '../time/instant.ts'
import { useOwnSettings } from './useOwnSettings.ts'

const none = 'none'

interface SecondZoneSelectProps extends Pick<
  SelectProps,
  'id' | 'className' | 'aria-label' | 'aria-describedby'
> {
  /** It is there only to choose: open at once. */
  isInPlace?: boolean
  /** One was chosen and is kept, or the escape key was pressed. */
  onDone?: () => void
  onLeave?: () => void
}

/** Chooses the zone of the second column of hours, or that there is none; kept with the account. */
export function SecondZoneSelect({ isInPlace = false, onDone, onLeave, ...props }: SecondZoneSelectProps) {
  const { secondZone } = useSession()
  const { isChanging, change } = useOwnSettings()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (isInPlace) input.current?.focus()
  }, [isInPlace])
  const zones = useMemo(
    () => [{ value: none, label: 'None' }, ...timeZones().map((zone) => ({ value: zone, label: zone }))],
    [],
  )
  return (
    <Select
      {...props}
      ref={input}
      size="xs"
      searchable
      selectFirstOptionOnChange
      allowDeselect={false}
      defaultDropdownOpened={isInPlace}
      maxDropdownHeight={320}
      nothingFoundMessage="No such time zone"
      comboboxProps={isInPlace ? { width: 240, position: 'bottom-start' } : {}}
      data={zones}
      value={secondZone ?? none}
      disabled={isChanging}
      onFocus={(event) => event.currentTarget.select()}
      onBlur={() => onLeave?.()}
      onKeyDown={(event) => {
        if (!isInPlace || event.key !== 'Escape') return
        event.stopPropagation()
        onDone?.()
      }}
      onChange={(zone) =>
        void change({ second_timezone: zone === 'UTC' ? null : zone }).then((isKept) => isKept && onDone?.())
      }
    />
  )
}
