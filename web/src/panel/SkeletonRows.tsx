import { Skeleton } from '@mantine/core'

/** Rows of a table that are still on their way. */
export function SkeletonRows({ rows, columns }: { rows: number; columns: number }) {
  return Array.from({ length: rows }, (_, row) => (
    <tr key={row} aria-hidden>
      {Array.from({ length: columns }, (_, column) => (
        <td key={column}>
          <Skeleton height={10} width={column === 0 ? '70%' : '50%'} />
        </td>
      ))}
    </tr>
  ))
}
