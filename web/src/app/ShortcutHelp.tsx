import { Modal } from '@mantine/core'
import '../theme/moreStyles.ts'
import './shortcutHelp.css'

const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'Navigation',
    [
      ['D W M', 'Day, week, month'],
      ['A Y L', 'Agenda, year, lanes'],
      ['J or N', 'Later'],
      ['K or P', 'Earlier'],
      ['T', 'Today'],
      ['G', 'Go to a date'],
      ['+ - 0', 'Zoom in, out, or to the whole day; also Ctrl or ⌘ with the wheel'],
    ],
  ],
  [
    'Anywhere',
    [
      ['Ctrl+K or ⌘K', 'Search: commands, schedules, dates, pages'],
      ['C', 'New schedule'],
      ['Shift+C', 'New schedule: choose its time with the arrows; hold Shift for a range'],
      ['/', 'Filter, and saved views'],
      ['Z', 'Undo; with Shift, choose what to undo'],
      ['Ctrl+Enter or ⌘Enter', 'In the form of a schedule: save'],
      ['?', 'Show this list'],
    ],
  ],
  [
    'In the calendar',
    [
      ['Arrows', 'Move around; Home and End to the first and last'],
      ['Enter', 'Open the focused item'],
      ['E', 'Edit its schedule'],
      ['R', 'Run it now'],
      ['X', 'Skip it, or all that are selected'],
      ['Alt+Arrows', 'Move it by 15 minutes or a day (in the month, a week); with Shift by 1 minute'],
      ['Shift+Arrows', 'Select several; Ctrl or ⌘ with a click or Space adds one'],
      ['Esc', 'Close, cancel a move, or clear the selection'],
    ],
  ],
  [
    'By touch',
    [
      ['Long press on an item', 'Drag it elsewhere, or let go to select it; taps select more'],
      ['Long press on an empty place', 'New schedule at that time; drag for a range'],
    ],
  ],
]

/** What the keyboard does. */
export function ShortcutHelp({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Keyboard" size="lg" centered>
      <div className="shortcuts">
        {groups.map(([name, keys]) => (
          <section key={name} aria-label={name}>
            <h3>{name}</h3>
            <dl>
              {keys.map(([key, meaning]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  )
}
