import { Modal } from '@mantine/core'
import './moreStyles.ts'

const keys: readonly (readonly [string, string])[] = [
  ['D', 'Day'],
  ['W', 'Week'],
  ['M', 'Month'],
  ['A', 'Agenda: one day as a list'],
  ['Y', 'Year'],
  ['L', 'Lanes: a row per schedule'],
  ['J or N', 'Later'],
  ['K or P', 'Earlier'],
  ['T', 'Today'],
  ['C', 'New schedule'],
  ['Shift+C', 'New schedule at a time: arrows choose it, with Shift a range'],
  ['/', 'Filter by schedule'],
  ['Arrows', 'Move around the calendar'],
  ['+ - 0', 'Zoom the hours in, out, to the whole day; Ctrl or ⌘ and the wheel too'],
  ['Enter', 'Open the focused item'],
  ['Alt+Arrows', 'Move the focused occurrence: 15 minutes, a day; with Shift 1 minute'],
  ['Shift+Arrows', 'Select several; Ctrl or ⌘ with a click or the space key, one more'],
  ['X', 'Skip the focused or open occurrence, or all that are selected'],
  ['E', 'Edit its schedule'],
  ['Z', 'Undo'],
  ['Shift+Z', 'Choose what to undo'],
  ['Esc', 'Close, or put back'],
  ['?', 'Show this list'],
]

/** What the keyboard does. */
export function ShortcutHelp({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Keyboard" size="xs" centered>
      <dl className="shortcuts">
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  )
}
