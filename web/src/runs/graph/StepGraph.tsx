import { ActionIcon, Button } from '@mantine/core'
import { IconMinus, IconPlus } from '@tabler/icons-react'
import {
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
} from 'react'
import { layOut, NODE_HEIGHT, NODE_WIDTH } from './layout.ts'
import { stepByKey, type GraphNode } from './steps.ts'
import styles from './StepGraph.module.css'

const SMALLEST = 0.1
const LARGEST = 2
/** At this size boxes are still easy to hit; what does not fit is scrolled to. */
const SMALLEST_TO_BEGIN = 0.6
/** How far a pointer moves before it drags the graph and does not click. */
const DRAGS = 4

/** What a box needs to be reached with the arrow keys. */
export interface BoxProps {
  readonly tabIndex: number
  readonly 'data-step': number
}

interface StepGraphProps<Node extends GraphNode> {
  nodes: readonly Node[]
  label: string
  /** The step that is in view at first. */
  firstSeen: number
  /** The content of a step's box; with something to open, it takes the props. */
  renderNode: (node: Node, props: BoxProps) => ReactNode
}

/** Steps with what they need to their left: scrolled or dragged, made larger and smaller, gone through by arrow keys. */
export function StepGraph<Node extends GraphNode>({
  nodes,
  label,
  firstSeen,
  renderNode,
}: StepGraphProps<Node>) {
  const shape = JSON.stringify(nodes.map(({ step, needs }) => [step, needs]))
  // What is live are the states; the places stay as long as the graph is the same.
  const drawn = useMemo(
    () =>
      layOut((JSON.parse(shape) as [number, number[]][]).map(([step, needs]) => ({ step, needs, name: '' }))),
    [shape],
  )
  const view = useRef<HTMLDivElement>(null)
  const drag = useRef<{ x: number; y: number; left: number; top: number; moved: boolean } | null>(null)
  const [scale, setScale] = useState<number | null>(null)
  const [current, setCurrent] = useState(1)

  const fitting = () => (view.current ? Math.min(1, (view.current.clientWidth - 2) / drawn.width) : 1)
  const shown = scale ?? 1
  const begin = (element: HTMLDivElement | null) => {
    view.current = element
    if (element && scale === null) setScale(Math.max(SMALLEST_TO_BEGIN, fitting()))
  }
  const isFirst = useRef(true)
  useLayoutEffect(() => {
    const place = drawn.places.get(firstSeen)
    if (!isFirst.current || scale === null || !view.current || !place) return
    isFirst.current = false
    const { clientWidth, clientHeight } = view.current
    view.current.scrollTo({
      left: (place.x + NODE_WIDTH / 2) * scale - clientWidth / 2,
      top: (place.y + NODE_HEIGHT / 2) * scale - clientHeight / 2,
      behavior: 'instant',
    })
  }, [drawn, firstSeen, scale])
  const zoom = (by: number) => setScale(Math.min(LARGEST, Math.max(SMALLEST, shown * by)))
  const fit = () => {
    const { clientHeight = drawn.height } = view.current ?? {}
    setScale(Math.max(SMALLEST, Math.min(fitting(), clientHeight / drawn.height)))
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    if (event.key === '+' || event.key === '-') zoom(event.key === '+' ? 1.25 : 0.8)
    else if (event.key === '0') fit()
    else {
      const next = stepByKey(event.key, current, drawn.places)
      if (next === undefined) return
      setCurrent(next)
      view.current?.querySelector<HTMLElement>(`[data-step='${next}']`)?.focus()
    }
    event.preventDefault()
    event.stopPropagation()
  }

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    // A finger scrolls by itself.
    if (event.pointerType !== 'mouse' || event.button !== 0) return
    const { scrollLeft: left, scrollTop: top } = event.currentTarget
    drag.current = { x: event.clientX, y: event.clientY, left, top, moved: false }
  }
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const from = drag.current
    if (!from || event.buttons === 0) return
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y]
    if (!from.moved && Math.hypot(dx, dy) < DRAGS) return
    if (!from.moved) event.currentTarget.setPointerCapture(event.pointerId)
    from.moved = true
    event.currentTarget.scrollTo({ left: from.left - dx, top: from.top - dy, behavior: 'instant' })
  }

  return (
    <div className={styles['graph']} role="group" aria-label={label}>
      <div className={styles['tools']}>
        <ActionIcon variant="default" aria-label="Smaller" title="Smaller (-)" onClick={() => zoom(0.8)}>
          <IconMinus size={15} aria-hidden />
        </ActionIcon>
        <ActionIcon variant="default" aria-label="Larger" title="Larger (+)" onClick={() => zoom(1.25)}>
          <IconPlus size={15} aria-hidden />
        </ActionIcon>
        <Button size="compact-sm" variant="default" title="Show all of it (0)" onClick={fit}>
          Fit
        </Button>
      </div>
      <div
        ref={begin}
        className={styles['view']}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={() => setTimeout(() => (drag.current = null))}
        onClickCapture={(event) => {
          if (drag.current?.moved) event.preventDefault()
        }}
        onDragStart={(event) => event.preventDefault()}
      >
        <div className={styles['sheet']} style={{ width: drawn.width * shown, height: drawn.height * shown }}>
          <div style={{ transform: `scale(${shown})`, transformOrigin: '0 0' }}>
            <svg className={styles['lines']} width={drawn.width} height={drawn.height} aria-hidden>
              <defs>
                <marker
                  id="step-arrow"
                  viewBox="0 0 6 6"
                  refX="5.5"
                  refY="3"
                  markerWidth="7"
                  markerHeight="7"
                  markerUnits="userSpaceOnUse"
                  orient="auto"
                >
                  <path d="M0,0L6,3L0,6z" />
                </marker>
              </defs>
              {drawn.lines.map(({ from, to, path }) => (
                <path
                  key={`${from} ${to}`}
                  d={path}
                  markerEnd="url(#step-arrow)"
                  data-current={from === current || to === current || undefined}
                />
              ))}
            </svg>
            {nodes.map((node) => {
              const place = drawn.places.get(node.step)
              return (
                <div
                  key={node.step}
                  className={styles['box']}
                  style={{ left: place?.x, top: place?.y, width: NODE_WIDTH, height: NODE_HEIGHT }}
                  onFocus={() => setCurrent(node.step)}
                >
                  {renderNode(node, { tabIndex: node.step === current ? 0 : -1, 'data-step': node.step })}
                </div>
              )
            })}
          </div>
        </div>
      </div>
    </div>
  )
}
