import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { CalendarGallery, galleryCases, type GalleryCaseName } from '../calendar/CalendarGallery.tsx'
import { ClockContext } from '../time/now.ts'
import { ThemeToggle } from './ThemeToggle.tsx'
import './gallery.css'

function caseName(text: string): GalleryCaseName {
  return (Object.keys(galleryCases) as GalleryCaseName[]).find((name) => name === text) ?? 'ordinary'
}

/** Every state of the calendar to look at, with its time standing still. */
export function GalleryPage() {
  const { state, view } = useSearch({ from: '/gallery' })
  const navigate = useNavigate()
  const name = caseName(state)
  const clock = useMemo(() => {
    const now = Date.parse(galleryCases[name].now)
    return { get: () => now, subscribe: () => () => undefined }
  }, [name])
  return (
    <ClockContext value={clock}>
      <main className="gallery-page">
        <ThemeToggle />
        <CalendarGallery
          key={`${name} ${view}`}
          name={name}
          view={view}
          onChoose={(next, nextView) =>
            void navigate({ to: '/gallery', search: { state: next, view: nextView } })
          }
        />
      </main>
    </ClockContext>
  )
}
