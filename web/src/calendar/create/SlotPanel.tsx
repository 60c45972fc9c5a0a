import { IconX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef, type KeyboardEvent } from 'react'
import { useSession } from '../../session/useSession.ts'
import { formatClock, formatDay, formatOffset } from '../../time/instant.ts'
import { browserTimeZone } from '../../time/zone.ts'
import { Anchored } from '../details/Anchored.tsx'
import type { Slot } from './slotPlaces.ts'
import { slotRules } from './slotRules.ts'

interface SlotPanelProps {
  slot: Slot
  timeZone: string
  now: number
  anchor: () => Element | null
  onClose: () => void
}

/** Asks what an empty place becomes; each answer opens the form with zone, kind and time filled in. */
export function SlotPanel({ slot, timeZone, now, anchor, onClose }: SlotPanelProps) {
  const { ownZone } = useSession()
  const opener = useRef(document.activeElement)
  const list = useRef<HTMLUListElement>(null)
  const rules = slotRules(slot, timeZone, now)
  const first = rules.findIndex(({ why }) => why === null)
  const links = () => [...(list.current?.querySelectorAll<HTMLElement>('a') ?? [])]
  useEffect(() => links()[0]?.focus({ preventScroll: true }), [])

  const close = () => {
    onClose()
    if (opener.current instanceof HTMLElement) opener.current.focus({ preventScroll: true })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const all = links()
    const at = all.findIndex((link) => link === document.activeElement)
    const next = event.key === 'ArrowDown' ? all[at + 1] : event.key === 'ArrowUp' ? all[at - 1] : undefined
    const chosen = list.current?.children[Number(event.key) - 1]?.querySelector('a')
    if (event.key === 'Escape') close()
    else if (chosen) chosen.click()
    else if (next !== undefined) next.focus()
    else if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    event.stopPropagation()
  }

  const zones = [...new Set([timeZone, ownZone ?? browserTimeZone(), 'UTC'])].slice(0, 2)
  const { start, end, tag } = slot
  const times = (zone: string) =>
    end === null ? formatClock(start, zone) : `${formatClock(start, zone)}–${formatClock(end, zone)}`
  return (
    <Anchored anchor={anchor} label="New schedule" className="slot-panel" onLeave={close}>
      <div onKeyDown={onKeyDown}>
        <div className="slot-head">
          <h2>New schedule</h2>
          <button type="button" onClick={close} aria-label="Close" title="Close (Esc)">
            <IconX size={16} aria-hidden />
          </button>
        </div>
        <dl>
          {zones.map((zone) => (
            <div key={zone}>
              <dt>
                {zone} {formatOffset(start, zone)}
              </dt>
              <dd>
                {formatDay(start, zone, now)} <b>{times(zone)}</b>
              </dd>
            </div>
          ))}
          {tag !== null && (
            <div>
              <dt>Tag</dt>
              <dd>{tag}</dd>
            </div>
          )}
        </dl>
        <ul ref={list}>
          {rules.map(({ name, cron, search, why }, index) => (
            <li key={name}>
              {why === null ? (
                <Link
                  to="/schedules/new"
                  search={search}
                  onClick={onClose}
                  data-autofocus={index === first || undefined}
                >
                  <span>{name}</span>
                  {cron !== null && <code>{cron}</code>}
                  <kbd aria-hidden>{index + 1}</kbd>
                </Link>
              ) : (
                <span className="slot-closed">
                  <span>{name}</span>
                  <small>{why}</small>
                </span>
              )}
            </li>
          ))}
        </ul>
      </div>
    </Anchored>
  )
}
