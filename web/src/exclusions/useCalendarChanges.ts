import { notifications } from '@mantine/notifications'
import { useMutation, type CombinedError } from 'urql'
import { readProblems, type Problem } from '../graphql/error.ts'
import { graphql } from '../graphql/graphql.ts'
import type { CalendarDraft } from './CalendarForm.tsx'
import type { IcsImport } from '../../../shared/ical/icsImport.ts'
import type { NewEntry } from './newEntry.ts'

const updateMutation = graphql(`
  mutation UpdateCalendar($calendar: String!, $changes: JSON!) {
    updateCalendar(input: { calendar: $calendar, changes: $changes }) {
      result {
        rowId
        name
        timezone
        description
      }
    }
  }
`)

const deleteMutation = graphql(`
  mutation DeleteCalendar($calendar: String!) {
    deleteCalendar(input: { calendar: $calendar }) {
      result {
        rowId
      }
    }
  }
`)

const datesMutation = graphql(`
  mutation ExcludeDates($calendar: String!, $startsOn: Date!, $endsOn: Date, $label: String) {
    excludeDates(input: { calendar: $calendar, startsOn: $startsOn, endsOn: $endsOn, label: $label }) {
      result {
        rowId
      }
    }
  }
`)

const rangeMutation = graphql(`
  mutation ExcludeRange($calendar: String!, $startsAt: Datetime!, $endsAt: Datetime!, $label: String) {
    excludeRange(input: { calendar: $calendar, startsAt: $startsAt, endsAt: $endsAt, label: $label }) {
      result {
        rowId
      }
    }
  }
`)

const recurringMutation = graphql(`
  mutation ExcludeRecurring($calendar: String!, $cron: String!, $duration: IntervalInput!, $label: String) {
    excludeRecurring(input: { calendar: $calendar, cron: $cron, duration: $duration, label: $label }) {
      result {
        rowId
      }
    }
  }
`)

const removeMutation = graphql(`
  mutation RemoveExclusion($entryId: BigInt!) {
    removeExclusion(input: { entryId: $entryId }) {
      result {
        rowId
      }
    }
  }
`)

const removeRuleMutation = graphql(`
  mutation RemoveCalendarRule($ruleId: BigInt!) {
    removeCalendarRule(input: { ruleId: $ruleId }) {
      result {
        rowId
      }
    }
  }
`)

const importMutation = graphql(`
  mutation ImportExclusions($calendar: String!, $source: String!, $entries: JSON!, $rules: JSON!) {
    importExclusions(input: { calendar: $calendar, source: $source, entries: $entries, rules: $rules }) {
      result
    }
  }
`)

/** Everything that can be changed of a calendar; each answers with the problem if it was refused. */
export function useCalendarChanges(onChanged: () => void) {
  const [, update] = useMutation(updateMutation)
  const [, remove] = useMutation(deleteMutation)
  const [, excludeDates] = useMutation(datesMutation)
  const [, excludeRange] = useMutation(rangeMutation)
  const [, excludeRecurring] = useMutation(recurringMutation)
  const [, removeEntry] = useMutation(removeMutation)
  const [, removeRule] = useMutation(removeRuleMutation)
  const [, importAll] = useMutation(importMutation)

  const done = ({ error }: { error?: CombinedError | undefined }): Problem | null => {
    if (error === undefined) onChanged()
    return readProblems(error)[0] ?? null
  }
  const send = (calendar: string, entry: NewEntry) => {
    const { label } = entry
    switch (entry.kind) {
      case 'dates':
        return excludeDates({ calendar, label, startsOn: entry.startsOn, endsOn: entry.endsOn })
      case 'range':
        return excludeRange({ calendar, label, startsAt: entry.startsAt, endsAt: entry.endsAt })
      case 'recurring':
        return excludeRecurring({ calendar, label, cron: entry.cron, duration: entry.duration })
    }
  }
  return {
    update: async (calendar: string, { name, timezone, description }: CalendarDraft) =>
      done(
        await update({
          calendar,
          changes: { name: name.trim().normalize('NFC'), timezone, description: description.trim() || null },
        }),
      ),
    remove: async (calendar: string): Promise<Problem | null> =>
      readProblems((await remove({ calendar })).error)[0] ?? null,
    add: async (calendar: string, entry: NewEntry) => done(await send(calendar, entry)),
    removeEntry: async (entryId: string) => done(await removeEntry({ entryId })),
    removeRule: async (ruleId: string) => done(await removeRule({ ruleId })),
    importEntries: async (calendar: string, source: string, { entries, rules }: IcsImport) => {
      const answer = await importAll({ calendar, source, entries, rules })
      const problem = done(answer)
      if (problem === null)
        notifications.show({
          message: `${answer.data?.importExclusions?.result ?? 0} imported from ${source}`,
        })
      return problem
    },
  }
}
