import { Button, Modal, TextInput } from '@mantine/core'
import { useState } from 'react'
import { dateText } from '../calendar/grid/timeFormat.ts'
import '../theme/moreStyles.ts'
import { readDate } from '../time/readDate.ts'
import { isShownDate, shownYears } from '../time/shownDates.ts'
import './goToDate.css'

interface GoToDateProps {
  isOpen: boolean
  /** As 2026-11-29, in the shown zone. */
  today: string
  timeZone: string
  onGo: (date: string) => void
  onClose: () => void
}

/** Goes to a date: typed as one likes, shown as it is understood. */
export function GoToDate({ isOpen, today, timeZone, onGo, onClose }: GoToDateProps) {
  const [text, setText] = useState('')
  const date = readDate(text, today)
  const close = () => {
    setText('')
    onClose()
  }
  const isShown = date !== null && isShownDate(date)
  const fault = date === null ? 'This is not a date.' : shownYears
  const isWrong = text.trim() !== '' && !isShown
  return (
    <Modal opened={isOpen} onClose={close} title="Go to date" size="xs" yOffset="12vh">
      <form
        className="go-to-date"
        onSubmit={(event) => {
          event.preventDefault()
          if (!isShown) return
          close()
          onGo(date)
        }}
      >
        <TextInput
          data-autofocus
          size="sm"
          aria-label={`Date, ${timeZone}`}
          placeholder="24 Dec, Fri, tomorrow, +7, 2026-12-24"
          value={text}
          error={isWrong ? fault : undefined}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <p aria-live="polite">{isShown ? dateText(date, 'full') : timeZone}</p>
        <Button size="xs" type="submit" disabled={!isShown}>
          Go
        </Button>
      </form>
    </Modal>
  )
}
