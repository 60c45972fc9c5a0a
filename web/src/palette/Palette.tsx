import {
  Combobox,
  Modal,
  TextInput,
  useCombobox,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useNavigate, useRouter } from '@tanstack/react-router'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { useClient } from 'urql'
import '../theme/moreStyles.ts'
import { inZone } from '../address/keptZone.ts'
import { ofCalendar } from '../calendar/calendarSearch.ts'
import { useSavedViews } from '../calendar/filter/useSavedViews.ts'
import { calendarViews, localDate, type CalendarView } from '../calendar/grid/calendarRange.ts'
import { dateText } from '../calendar/grid/timeFormat.ts'
import { useMinute } from '../time/useMinute.ts'
import { useTimeZone } from '../time/zone.ts'
import { undoList, undoOne } from '../undo/offerUndo.tsx'
import { matching, type Command } from './command.ts'
import { meantDate } from './paletteDates.ts'
import type { May, Subject } from './subject.ts'
import { subjectCommands } from './subjectCommands.ts'
import { useScheduleCommands } from './useScheduleCommands.ts'
import './palette.css'

interface PaletteProps {
  /** What was selected when it was opened. */
  subject: Subject | null
  /** The view of the calendar that is shown; undefined on other pages. */
  view: CalendarView | undefined
  canChange: boolean
  isAdmin: boolean
  onFilter: () => void
  onHelp: () => void
  onClose: () => void
}

const pages = [
  ['Calendar', '/calendar'],
  ['Schedules', '/schedules'],
  ['Runs', '/runs'],
  ['Workers', '/workers'],
  ['Application jobs', '/workers/jobs'],
  ['Exclusions', '/exclusions'],
  ['Ledger', '/ledger'],
  ['Settings', '/settings'],
] as const

const most = 60

/** Finds what to do, where to go and which schedule, by a few letters. */
export function Palette(props: PaletteProps) {
  const [text, setText] = useState('')
  const groups = useGroups(text, props)
  const commands = groups.flatMap(([, own]) => own)
  const combobox = useCombobox({ opened: true })
  const ids = commands.map(({ id }) => id).join(' ')
  const { selectFirstOption } = combobox
  useEffect(() => {
    // The list is drawn a moment after the dialog that holds it.
    const frame = requestAnimationFrame(() => selectFirstOption())
    return () => cancelAnimationFrame(frame)
  }, [ids, selectFirstOption])
  return (
    <Modal.Root
      opened
      onClose={props.onClose}
      padding={0}
      size={560}
      yOffset="12dvh"
      transitionProps={{ duration: 0 }}
    >
      <Modal.Overlay />
      <Modal.Content aria-label="Commands">
        <Combobox
          store={combobox}
          onOptionSubmit={(id) => {
            const chosen = commands.find((command) => command.id === id)
            props.onClose()
            chosen?.run()
          }}
        >
          <Combobox.EventsTarget withExpandedAttribute>
            <TextInput
              className="palette-text"
              variant="unstyled"
              data-autofocus
              autoFocus
              aria-label="Search commands, schedules and dates"
              placeholder="A command, a schedule, or a date: next friday"
              maxLength={200}
              leftSection={<IconSearch size={16} aria-hidden />}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              onKeyDown={(event) => event.key === 'Escape' && props.onClose()}
            />
          </Combobox.EventsTarget>
          <Combobox.Options className="palette-options" aria-label="Commands">
            {groups.map(([group, own]) => (
              <Combobox.Group key={group} label={group}>
                {own.map(({ id, label, hint }) => (
                  <Combobox.Option key={id} value={id} title={label}>
                    <span>{label}</span>
                    {hint !== undefined && <kbd>{hint}</kbd>}
                  </Combobox.Option>
                ))}
              </Combobox.Group>
            ))}
            {commands.length === 0 && <Combobox.Empty>Nothing found</Combobox.Empty>}
          </Combobox.Options>
        </Combobox>
      </Modal.Content>
    </Modal.Root>
  )
}

/** What someone may do with what is selected, also where that becomes known only after the palette has opened. */
function useMay(subject: Subject | null): May {
  const [known, setKnown] = useState<May | null>(null)
  useEffect(() => {
    void subject?.known.then(setKnown)
  }, [subject])
  return known ?? subject?.may ?? { change: false, run: false }
}

function useGroups(text: string, props: PaletteProps): readonly (readonly [string, readonly Command[]])[] {
  const { subject, view, canChange } = props
  const client = useClient()
  const navigate = useNavigate()
  const router = useRouter()
  const timeZone = useTimeZone()
  const today = localDate(useMinute(), timeZone)
  const { setColorScheme } = useMantineColorScheme()
  const isDark = useComputedColorScheme('light') === 'dark'
  const [lastDone] = useSyncExternalStore(undoList.subscribe, undoList.get)
  const { views } = useSavedViews()
  const may = useMay(subject)
  const schedules = useScheduleCommands(text, props)

  const show = (next: CalendarView, date: string | undefined) =>
    void navigate({
      to: '/calendar/$view/{-$date}',
      params: { view: next, date },
      search: (old) => (view === undefined ? {} : { ...ofCalendar(old), item: undefined }),
    })
  const command = (group: string, label: string, run: () => void, hint?: string): Command => ({
    id: `${group}:${label}`,
    group,
    label,
    run,
    ...(hint !== undefined && { hint }),
  })

  const ofSubject =
    subject === null
      ? []
      : subjectCommands(
          { ...subject, may },
          {
            client,
            timeZone,
            go: (to, id) =>
              void (to === 'run'
                ? navigate({ to: '/runs/$runId', params: { runId: id } })
                : navigate({
                    to: to === 'edit' ? '/schedules/$scheduleId/edit' : '/schedules/$scheduleId',
                    params: { scheduleId: id },
                  })),
          },
        )
  const verbs = [
    ...(canChange ? [command('Do', 'New schedule', () => void navigate({ to: '/schedules/new' }), 'C')] : []),
    ...(lastDone === undefined
      ? []
      : [command('Do', `Undo: ${lastDone.text}`, () => void undoOne(lastDone), 'Z')]),
    ...(view === undefined ? [] : [command('Do', 'Filter', props.onFilter, '/')]),
    command('Do', isDark ? 'Light theme' : 'Dark theme', () => setColorScheme(isDark ? 'light' : 'dark')),
    command('Do', 'Keyboard shortcuts', props.onHelp, '?'),
  ]
  const places = [
    command('Go to', 'Today', () => show(view ?? 'week', undefined), 'T'),
    ...calendarViews.map((each) =>
      command('Go to', `Calendar: ${each}`, () => show(each, undefined), each[0]?.toUpperCase()),
    ),
    ...pages.map(([label, to]) => command('Go to', label, () => void navigate({ to }))),
    ...(views ?? []).map(({ name, address }) =>
      command('Saved views', name, () =>
        router.history.push(inZone(address, router.state.location.search.zone)),
      ),
    ),
  ]
  const meant = text.trim() === '' ? null : meantDate(text, today)
  const dates =
    meant === null
      ? []
      : [
          command('Date', `Go to ${dateText(meant.date, meant.view === 'month' ? 'month' : 'full')}`, () =>
            show(meant.view ?? view ?? 'day', meant.date),
          ),
        ]
  const all = [...dates, ...matching([...ofSubject, ...verbs, ...places], text), ...schedules].slice(0, most)
  return [...Map.groupBy(all, ({ group }) => group)]
}
