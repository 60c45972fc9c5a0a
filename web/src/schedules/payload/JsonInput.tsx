import { Input, Textarea } from '@mantine/core'
import { useId, useLayoutEffect, useRef, useState, type ComponentType } from 'react'
import type { JsonEditorProps } from './JsonEditor.tsx'
import styles from './PayloadInput.module.css'

interface JsonInputProps {
  text: string
  onChange: (text: string) => void
  /** What is wrong with all of it. */
  error: string | undefined
  /** Messages of the database by place, a JSON Pointer. */
  errors: ReadonlyMap<string, string>
}

/** The payload as JSON: a plain field until the editor's code is there, which continues where one is typing. */
export function JsonInput({ text, onChange, error, errors }: JsonInputProps) {
  const id = useId()
  const plain = useRef<HTMLTextAreaElement>(null)
  const box = useRef<HTMLDivElement>(null)
  const [editor, setEditor] = useState<{ Editor: ComponentType<JsonEditorProps>; cursor: number | null }>()
  useLayoutEffect(() => {
    let isShown = true
    const load = async () => {
      const { JsonEditor } = await import('./JsonEditor.tsx')
      const field = plain.current
      if (!isShown || field === null) return
      setEditor({
        Editor: JsonEditor,
        cursor: document.activeElement === field ? field.selectionStart : null,
      })
    }
    // Without its code the plain field stays, which does all that is needed.
    load().catch(() => undefined)
    return () => {
      isShown = false
    }
  }, [])

  const label = (
    <>
      Payload <span className="faint">a JSON object</span>
    </>
  )
  if (editor === undefined)
    return (
      <Textarea
        ref={plain}
        size="xs"
        label={label}
        autosize
        minRows={2}
        maxRows={14}
        spellCheck={false}
        classNames={{ input: styles['mono'] ?? '' }}
        value={text}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  return (
    <Input.Wrapper
      ref={box}
      size="xs"
      label={label}
      labelElement="div"
      labelProps={{
        id: `${id}-label`,
        onClick: () => box.current?.querySelector<HTMLElement>('[role="textbox"]')?.focus(),
      }}
    >
      <editor.Editor
        {...{ text, onChange, errors }}
        isInvalid={error !== undefined || errors.size > 0}
        labelledBy={`${id}-label`}
        describedBy={`${id}-error`}
        cursor={editor.cursor}
      />
      <Input.Error size="xs" id={`${id}-error`} mt={error === undefined ? 0 : 5}>
        {error}
      </Input.Error>
    </Input.Wrapper>
  )
}
