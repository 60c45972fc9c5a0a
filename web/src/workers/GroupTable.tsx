import { ActionIcon, Button } from '@mantine/core'
import { IconEdit, IconPlus, IconTrash } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { graphql, readFragment, type FragmentOf } from '../graphql/graphql.ts'
import { IntervalFragment, intervalText } from '../time/interval.ts'
import { Panel } from '../panel/Panel.tsx'
import { Time } from '../time/Time.tsx'
import type { Group } from './groupDraft.ts'

export const GroupTable_group = graphql(
  `
    fragment GroupTable_group on ResourceGroup {
      rowId
      name
      description
      maxRunning
      maxStarts
      startsPer {
        ...Interval
      }
      running
      waiting
      starts
      nextStartAt
    }
  `,
  [IntervalFragment],
)

interface Column {
  readonly title: string
  readonly width?: number
  readonly number?: true
  readonly wide?: true
  readonly hidden?: true
}

const columns: readonly Column[] = [
  { title: 'Resource group' },
  { title: 'Running', width: 120, number: true },
  { title: 'Waiting', width: 100, number: true },
  { title: 'Starts', width: 220, wide: true },
  { title: 'Next start', width: 160, wide: true },
]

interface GroupTableProps {
  readonly groups: readonly FragmentOf<typeof GroupTable_group>[]
  readonly zone: string
  /** Without it, groups can only be looked at. */
  readonly actions: GroupActions | null
}

/** What is done to groups; null: a new one is made. */
interface GroupActions {
  readonly onEdit: (group: Group | null) => void
  readonly onDelete: (name: string) => void
}

/** The resource groups: how much of their limits is used, and how many runs wait. */
export function GroupTable({ groups, zone, actions }: GroupTableProps) {
  const shown: readonly Column[] =
    actions === null ? columns : [...columns, { title: 'Change', width: 84, hidden: true }]
  return (
    <Panel
      title="Resource groups"
      padded={groups.length === 0}
      aside={
        actions !== null && (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => actions.onEdit(null)}
          >
            New group
          </Button>
        )
      }
    >
      {groups.length === 0 ? (
        <p className="small">
          None yet. A group is a limit that all workers share: how many of its runs go on at once, or start in
          a time.
        </p>
      ) : (
        <div className="panel-scroll">
          <table className="grid-table" aria-label="Resource groups" style={{ '--least': '720px' }}>
            <colgroup>
              {shown.map(({ title, width, wide }) => (
                <col key={title} data-wide={wide} style={width === undefined ? undefined : { width }} />
              ))}
            </colgroup>
            <thead>
              <tr>
                {shown.map(({ title, number, hidden }) => (
                  <th key={title} scope="col" className={number && 'num'}>
                    {hidden ? <span className="visually-hidden">{title}</span> : title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {groups.map((group) => (
                <GroupRow
                  key={readFragment(GroupTable_group, group).rowId}
                  group={group}
                  zone={zone}
                  actions={actions}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}

function GroupRow({
  group: masked,
  zone,
  actions,
}: {
  group: FragmentOf<typeof GroupTable_group>
  zone: string
  actions: GroupActions | null
}): ReactNode {
  const group = readFragment(GroupTable_group, masked)
  const { description, maxRunning, maxStarts, startsPer, running, waiting, starts, nextStartAt } = group
  const name = group.name ?? ''
  return (
    <tr>
      <th scope="row" title={description ?? undefined}>
        {name}
      </th>
      <td className="num">{maxRunning === null ? running : `${running ?? 0} of ${maxRunning}`}</td>
      <td className="num">{waiting}</td>
      <td>
        {maxStarts !== null && startsPer
          ? `${starts ?? 0} of ${maxStarts} in ${intervalText(startsPer)}`
          : 'No limit'}
      </td>
      <td>
        {nextStartAt !== null ? (
          <Time at={nextStartAt} zone={zone} />
        ) : maxRunning !== null && Number(running) >= maxRunning ? (
          'When a run ends'
        ) : (
          'Now'
        )}
      </td>
      {actions !== null && (
        <td className="num">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Change ${name}`}
            onClick={() => actions.onEdit(group)}
          >
            <IconEdit size={16} aria-hidden />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Delete ${name}`}
            onClick={() => actions.onDelete(name)}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </td>
      )}
    </tr>
  )
}
