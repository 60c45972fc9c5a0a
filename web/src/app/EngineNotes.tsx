import { IconAlertTriangle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { Time } from '../time/Time.tsx'
import type { EngineNote } from './engineNotes.ts'
import '../panel/panel.css'

interface EngineNotesProps {
  notes: readonly EngineNote[]
  zone: string
}

/** Said on every page: what keeps schedules from running, and what to do about it. */
export function EngineNotes({ notes, zone }: EngineNotesProps) {
  return notes.map((note) => (
    <div key={note.key} className="problem-note" role="alert">
      <IconAlertTriangle size={16} aria-hidden />
      <div>
        <b>{note.title}</b>{' '}
        {note.time && (
          <>
            {note.time.before} <Time at={note.time.at} zone={zone} /> {zone}.{' '}
          </>
        )}
        {note.schedule && (
          <>
            First:{' '}
            <Link to="/schedules/$scheduleId" params={{ scheduleId: note.schedule.id }}>
              {note.schedule.name}
            </Link>
            .{' '}
          </>
        )}
        {note.detail}{' '}
        {note.remedies.map(({ text, command }) => (
          <p key={text}>
            {text} {command !== undefined && <code>{command}</code>}
          </p>
        ))}
      </div>
    </div>
  ))
}
