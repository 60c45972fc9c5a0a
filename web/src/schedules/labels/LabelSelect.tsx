import { Select, type SelectProps } from '@mantine/core'

interface LabelSelectProps extends Pick<SelectProps, 'w' | 'comboboxProps' | 'label'> {
  name: string
  labels: readonly string[]
  value: string | null
  onChange: (value: string | null) => void
}

/** Chooses one of the labels that schedules have, or none. */
export function LabelSelect({ name, labels, value, onChange, w = 132, ...rest }: LabelSelectProps) {
  // What the address asks for is shown also where no schedule has it.
  const known = value === null || labels.includes(value) ? labels : [value, ...labels]
  return (
    <Select
      size="xs"
      aria-label={name}
      placeholder={`Any ${name.toLowerCase()}`}
      clearable
      searchable
      limit={100}
      comboboxProps={{ width: 'max-content' }}
      data={[...known]}
      {...{ value, onChange, w, ...rest }}
    />
  )
}
