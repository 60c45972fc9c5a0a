import { ActionIcon, Button, TextInput } from '@mantine/core'
import { IconCheck, IconPencil, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { longestName, mostViews, nameProblem, type SavedView } from './savedViews.ts'

interface SavedViewListProps {
  views: readonly SavedView[]
  /** The address of what is shown. */
  address: string
  isChanging: boolean
  onChoose: (view: SavedView) => void
  onSave: (name: string) => Promise<boolean>
  onRename: (from: string, to: string) => Promise<boolean>
  onDelete: (name: string) => void
}

/** Saved views to choose, rename and delete, and a name for what is shown. */
export function SavedViewList(props: SavedViewListProps) {
  const { views, address, isChanging, onChoose, onSave, onRename, onDelete } = props
  const [renaming, setRenaming] = useState<string | null>(null)
  return (
    <section aria-label="Saved views">
      <h2>Saved views</h2>
      {views.length === 0 && (
        <p className="faint small">Save this view under a name to open it again later.</p>
      )}
      <ul>
        {views.map((view) =>
          renaming === view.name ? (
            <li key={view.name}>
              <NameForm
                label={`New name of ${view.name}`}
                action="Rename"
                initial={view.name}
                taken={views.filter(({ name }) => name !== view.name)}
                isChanging={isChanging}
                onName={async (name) => {
                  const isKept = name === view.name || (await onRename(view.name, name))
                  if (isKept) setRenaming(null)
                  return isKept
                }}
                onCancel={() => setRenaming(null)}
              />
            </li>
          ) : (
            <li key={view.name}>
              <a
                href={view.address}
                title={view.name}
                aria-current={view.address === address ? 'true' : undefined}
                onClick={(event) => {
                  if (event.ctrlKey || event.metaKey || event.shiftKey) return
                  event.preventDefault()
                  onChoose(view)
                }}
              >
                {view.name}
              </a>
              <ActionIcon
                variant="subtle"
                color="gray"
                size={26}
                aria-label={`Rename ${view.name}`}
                onClick={() => setRenaming(view.name)}
              >
                <IconPencil size={15} aria-hidden />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="gray"
                size={26}
                disabled={isChanging}
                aria-label={`Delete ${view.name}`}
                onClick={() => onDelete(view.name)}
              >
                <IconTrash size={15} aria-hidden />
              </ActionIcon>
            </li>
          ),
        )}
      </ul>
      {views.length < mostViews ? (
        <NameForm
          label="Name of this view"
          action="Save"
          initial=""
          taken={[]}
          isChanging={isChanging}
          onName={onSave}
        />
      ) : (
        <p className="faint small">You can save {mostViews} views: delete one to save another.</p>
      )}
    </section>
  )
}

interface NameFormProps {
  label: string
  action: string
  initial: string
  /** Views whose names cannot be given. */
  taken: readonly SavedView[]
  isChanging: boolean
  onName: (name: string) => Promise<boolean>
  onCancel?: () => void
}

function NameForm({ label, action, initial, taken, isChanging, onName, onCancel }: NameFormProps) {
  const [name, setName] = useState(initial)
  const [problem, setProblem] = useState<string | null>(null)
  const submit = async () => {
    const text = name.trim()
    const found = nameProblem(text, taken)
    setProblem(found)
    if (found === null && (await onName(text))) setName(initial === '' ? '' : text)
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <TextInput
        size="xs"
        aria-label={label}
        placeholder={label}
        maxLength={longestName}
        autoFocus={onCancel !== undefined}
        error={problem}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || onCancel === undefined) return
          event.stopPropagation()
          onCancel()
        }}
      />
      <Button
        type="submit"
        size="xs"
        variant="default"
        leftSection={<IconCheck size={14} aria-hidden />}
        loading={isChanging}
      >
        {action}
      </Button>
    </form>
  )
}
