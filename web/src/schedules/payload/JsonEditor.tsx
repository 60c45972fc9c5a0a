import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { json } from '@codemirror/lang-json'
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import { Annotation, Compartment, EditorState, StateEffect, StateField } from '@codemirror/state'
import { Decoration, EditorView, keymap, lineNumbers, WidgetType, type DecorationSet } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useEffectEvent, useLayoutEffect, useRef } from 'react'
import { placeOfFault, placeOfPointer } from './jsonPlaces.ts'
import './jsonEditor.css'

const colours = HighlightStyle.define([
  { tag: tags.propertyName, class: 'json-name' },
  { tag: tags.string, class: 'json-string' },
  { tag: [tags.number, tags.bool, tags.null], class: 'json-value' },
])

/** What a line says below itself. */
class Message extends WidgetType {
  readonly text: string

  constructor(text: string) {
    super()
    this.text = text
  }

  override eq(other: Message): boolean {
    return other.text === this.text
  }

  override toDOM(): HTMLElement {
    const element = document.createElement('div')
    element.className = 'json-message'
    element.textContent = this.text
    return element
  }
}

const setMessages = StateEffect.define<DecorationSet>()
const messages = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (shown, transaction) =>
    transaction.effects.reduce(
      (last, effect) => (effect.is(setMessages) ? effect.value : last),
      shown.map(transaction.changes),
    ),
  provide: (field) => EditorView.decorations.from(field),
})

const faultyLine = Decoration.line({ class: 'json-faulty' })

/** Each message below the line that it is about. */
function decorationsOf(text: string, state: EditorState, errors: ReadonlyMap<string, string>): DecorationSet {
  const fault = placeOfFault(text)
  const all: readonly (readonly [place: number, message: string])[] =
    fault === null
      ? [...errors].map(([pointer, message]) => [placeOfPointer(text, pointer), message] as const)
      : [[fault, 'Not JSON from here on.']]
  return Decoration.set(
    all.flatMap(([place, message]) => {
      const line = state.doc.lineAt(Math.min(place, state.doc.length))
      return [
        faultyLine.range(line.from),
        Decoration.widget({ widget: new Message(message), side: 1, block: true }).range(line.to),
      ]
    }),
    true,
  )
}

/** The text came from elsewhere, as from the fields of the same draft. */
const fromOutside = Annotation.define<true>()

export interface JsonEditorProps {
  text: string
  onChange: (text: string) => void
  /** Messages by place, a JSON Pointer. */
  errors: ReadonlyMap<string, string>
  isInvalid: boolean
  /** Ids of what names it and of what is said of it. */
  labelledBy: string
  describedBy: string
  /** Where the cursor is in what it takes the place of; null: the focus is elsewhere. */
  cursor: number | null
}

/** A text of JSON with line numbers and colours; `Tab` leaves it, `Ctrl+Enter` is the form's. */
export function JsonEditor(props: JsonEditorProps) {
  const { text, errors, isInvalid, labelledBy, describedBy } = props
  const place = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const attributes = useRef(new Compartment())
  const change = useEffectEvent((next: string) => props.onChange(next))
  const named = () =>
    EditorView.contentAttributes.of({
      'aria-labelledby': labelledBy,
      'aria-describedby': describedBy,
      'aria-invalid': String(isInvalid),
    })

  const open = useEffectEvent((parent: HTMLElement) => {
    const editor = new EditorView({
      parent,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          history(),
          json(),
          syntaxHighlighting(colours),
          bracketMatching(),
          indentOnInput(),
          EditorView.lineWrapping,
          keymap.of([...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter'), ...historyKeymap]),
          messages,
          attributes.current.of(named()),
          EditorView.updateListener.of(({ docChanged, state, transactions }) => {
            if (docChanged && !transactions.some((one) => one.annotation(fromOutside) === true))
              change(state.doc.toString())
          }),
        ],
      }),
    })
    if (props.cursor !== null) {
      editor.dispatch({ selection: { anchor: Math.min(props.cursor, editor.state.doc.length) } })
      editor.focus()
    }
    return editor
  })

  useLayoutEffect(() => {
    if (place.current === null) return
    const editor = open(place.current)
    view.current = editor
    return () => {
      view.current = null
      editor.destroy()
    }
  }, [])

  useLayoutEffect(() => {
    const editor = view.current
    if (editor === null || editor.state.doc.toString() === text) return
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: text },
      annotations: fromOutside.of(true),
    })
  }, [text])

  const tell = useEffectEvent(() => {
    const editor = view.current
    if (editor === null) return
    editor.dispatch({
      effects: [
        setMessages.of(decorationsOf(editor.state.doc.toString(), editor.state, errors)),
        attributes.current.reconfigure(named()),
      ],
    })
  })
  const told = JSON.stringify([...errors])
  useEffect(() => tell(), [text, told, isInvalid, describedBy])

  return <div ref={place} className="json-editor" data-invalid={isInvalid || undefined} />
}
