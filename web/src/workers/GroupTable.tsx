import type { ReactNode } from 'react'
import { graphql, readFragment, type FragmentOf } from '../graphql/graphql.ts'
import { IntervalFragment, intervalText } from '../time/interval.ts'
import { Time } from '../time/Time.tsx'
import '../panel/panel.css'

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

const columns: readonly { title: string; width?: number; number?: true; wide?: true }[] = [
  { title: 'Resource group' },
  { title: 'Running', width: 120, number: true },
  { title: 'Waiting', width: 100, number: true },
  { title: 'Starts', width: 220, wide: true },
  { title: 'Next start', width: 160, wide: true },
]

/** The resource groups: how much of their limits is used, and how many runs wait. */
export function GroupTable({
  groups,
  zone,
}: {
  groups: readonly FragmentOf<typeof GroupTable_group>[]
  zone: string
}) {
  return (
    <div className="panel panel-scroll" style={{ marginTop: 'var(--s-5)' }}>
      <table className="grid-table" aria-label="Resource groups" style={{ '--least': '720px' }}>
        <colgroup>
          {columns.map(({ title, width, wide }) => (
            <col key={title} data-wide={wide} style={width === undefined ? undefined : { width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map(({ title, number }) => (
              <th key={title} scope="col" className={number && 'num'}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <GroupRow key={readFragment(GroupTable_group, group).rowId} group={group} zone={zone} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function GroupRow({ group, zone }: { group: FragmentOf<typeof GroupTable_group>; zone: string }): ReactNode {
  const { name, description, maxRunning, maxStarts, startsPer, running, waiting, starts, nextStartAt } =
    readFragment(GroupTable_group, group)
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
    </tr>
  )
}
