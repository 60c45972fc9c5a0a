import '@mantine/core/styles/FloatingIndicator.css'
import '@mantine/core/styles/Pill.css'
import '@mantine/core/styles/PillsInput.css'
import '@mantine/core/styles/SegmentedControl.css'
import '@mantine/core/styles/Skeleton.css'
import { createLazyRoute } from '@tanstack/react-router'
import { ExclusionCalendarPage } from '../exclusions/ExclusionCalendarPage.tsx'
import { ExclusionsPage } from '../exclusions/ExclusionsPage.tsx'
import { LedgerPage } from '../ledger/LedgerPage.tsx'
import { RunsPage } from '../runs/RunsPage.tsx'
import { ScheduleFormPage } from '../schedules/form/ScheduleFormPage.tsx'
import { SchedulePage } from '../schedules/page/SchedulePage.tsx'
import { SchedulesPage } from '../schedules/list/SchedulesPage.tsx'
import { SettingsPage } from '../settings/SettingsPage.tsx'
import { WorkersPage } from '../workers/WorkersPage.tsx'

/** The pages next to the calendar, fetched when one of them is opened. */
export const schedulesPage = createLazyRoute('/framed/schedules')({ component: SchedulesPage })
export const scheduleNewPage = createLazyRoute('/framed/schedules/new')({ component: ScheduleFormPage })
export const schedulePage = createLazyRoute('/framed/schedules/$scheduleId')({ component: SchedulePage })
export const scheduleEditPage = createLazyRoute('/framed/schedules/$scheduleId/edit')({
  component: ScheduleFormPage,
})
export const runsPage = createLazyRoute('/framed/runs')({ component: RunsPage })
export const runPage = createLazyRoute('/framed/runs/$runId')({ component: RunsPage })
export const workersPage = createLazyRoute('/framed/workers')({ component: WorkersPage })
export const ledgerPage = createLazyRoute('/framed/ledger')({ component: LedgerPage })
export const settingsPage = createLazyRoute('/framed/settings')({ component: SettingsPage })
export const exclusionsPage = createLazyRoute('/framed/exclusions')({ component: ExclusionsPage })
export const exclusionCalendarPage = createLazyRoute('/framed/exclusions/$calendarId')({
  component: ExclusionCalendarPage,
})
