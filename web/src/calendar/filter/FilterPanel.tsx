import { ActionIcon, Button, FocusTrap, Select, Switch, TextInput } from '@mantine/core'
import { useClickOutside, useDidUpdate } from '@mantine/hooks'
import { IconSearch, IconX } from '@tabler/icons-react'
import { useNavigate, useRouter } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { inZone } from '../../address/keptZone.ts'
import '../../theme/moreStyles.ts'
import { LabelSelect } from '../../schedules/labels/LabelSelect.tsx'
import { useScheduleLabels } from '../../schedules/labels/useScheduleLabels.ts'
import { ofCalendar, type CalendarSearch } from '../calendarSearch.ts'
import type { CalendarView } from '../grid/calendarRange.ts'
import { isNarrowed, widened } from './calendarFilter.ts'
import { SavedViewList } from './SavedViewList.tsx'
import { renamedView, withoutView, withView } from './savedViews.ts'
import { shownStateNames, shownStates } from './shownState.ts'
import { useSavedViews } from './useSavedViews.ts'
import './filter.css'

interface FilterPanelProps {
  view: CalendarView
  search: CalendarSearch
  onClose: () => void
  /** What a phone's bar has no room for. */
  children?: ReactNode
}

/** What the calendar is narrowed to, and the saved views. */
export function FilterPanel({ view, search, onClose, children }: FilterPanelProps) {
  const navigate = useNavigate()
  const router = useRouter()
  const { tags, creators, tasks } = useScheduleLabels()
  const { views, isChanging, change } = useSavedViews()
  const panel = useClickOutside<HTMLDivElement>(onClose, ['pointerdown'])
  // The address follows what is typed, some time later.
  const [text, setText] = useState(search.q ?? '')
  useDidUpdate(() => {
    if (search.q === undefined) setText('')
  }, [search.q])
  const narrow = (next: Partial<CalendarSearch>) =>
    void navigate({
      to: '.',
      search: (old) => ({ ...ofCalendar(old), ...next, item: undefined }),
      replace: true,
    })
  const address = router.buildLocation({
    to: '/calendar/$view/{-$date}',
    params: { view, date: undefined },
    search: { ...search, item: undefined },
  }).href
  const inPanel = { withinPortal: false }
  return (
    <FocusTrap>
      <div
        ref={panel}
        className="filter-panel"
        role="dialog"
        aria-label="Filter and saved views"
        onKeyDown={(event) => {
          // Of a list that is open it closes the list alone.
          const isList = event.target instanceof Element && event.target.ariaExpanded === 'true'
          if (event.key === 'Escape' && !isList) onClose()
        }}
      >
        <div className="filter-head">
          <h2>Filter</h2>
          {isNarrowed(search) && (
            <Button size="compact-xs" variant="subtle" onClick={() => narrow(widened(search))}>
              Clear
            </Button>
          )}
          <ActionIcon variant="subtle" color="gray" size={26} aria-label="Close the filter" onClick={onClose}>
            <IconX size={16} aria-hidden />
          </ActionIcon>
        </div>
        <div className="filter-fields" role="search">
          <TextInput
            size="xs"
            type="search"
            autoFocus
            data-autofocus
            aria-label="Name"
            placeholder="Part of a name"
            maxLength={200}
            leftSection={<IconSearch size={14} aria-hidden />}
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value)
              narrow({ q: event.currentTarget.value || undefined })
            }}
          />
          <Select
            size="xs"
            aria-label="Status"
            placeholder="Any status"
            clearable
            comboboxProps={inPanel}
            data={shownStates.map((value) => ({ value, label: shownStateNames[value] }))}
            value={search.status ?? null}
            onChange={(value) => narrow({ status: shownStates.find((each) => each === value) })}
          />
          <LabelSelect
            name="Tag"
            w="100%"
            comboboxProps={inPanel}
            labels={tags}
            value={search.tag ?? null}
            onChange={(tag) => narrow({ tag: tag ?? undefined })}
          />
          <LabelSelect
            name="Task"
            w="100%"
            comboboxProps={inPanel}
            labels={tasks}
            value={search.task ?? null}
            onChange={(task) => narrow({ task: task ?? undefined })}
          />
          <LabelSelect
            name="Creator"
            w="100%"
            comboboxProps={inPanel}
            labels={creators}
            value={search.by ?? null}
            onChange={(by) => narrow({ by: by ?? undefined })}
          />
          <Switch
            size="xs"
            label="Almanac's own schedules"
            checked={search.system === true}
            onChange={(event) => narrow({ system: event.currentTarget.checked ? true : undefined })}
          />
        </div>
        {children}
        {views !== null && (
          <SavedViewList
            views={views.map((each) => ({ ...each, address: inZone(each.address, search.zone) }))}
            address={address}
            isChanging={isChanging}
            onChoose={(chosen) => {
              onClose()
              router.history.push(chosen.address)
            }}
            onSave={(name) => change((kept) => withView(kept, { name, address }))}
            onRename={(from, to) => change((kept) => renamedView(kept, from, to))}
            onDelete={(name) => void change((kept) => withoutView(kept, name))}
          />
        )}
      </div>
    </FocusTrap>
  )
}
