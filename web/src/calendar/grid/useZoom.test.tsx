import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { useRef } from 'react'
import { afterEach, expect, test, vi } from 'vitest'
import { useZoom } from './useZoom.ts'

interface ScaleProps {
  direction: 'down' | 'across'
  inset?: number
}

/** A minute is half a pixel long. */
function Scale({ direction, inset }: ScaleProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const zoom = useZoom(scroller, 0.5, direction, inset)
  return (
    <div ref={scroller} data-testid="scale">
      {zoom.toFixed(3)}
    </div>
  )
}

function showScale(props: ScaleProps) {
  render(<Scale {...props} />)
  const scale = screen.getByTestId('scale')
  const scrollTo = vi.fn<(to: ScrollToOptions) => void>()
  Object.assign(scale, { scrollTo, scrollTop: 60, scrollLeft: 60 })
  scale.getBoundingClientRect = () => new DOMRect(10, 100, 800, 600)
  Object.defineProperties(scale, { clientHeight: { value: 600 }, clientWidth: { value: 800 } })
  return {
    scale,
    scrolledTo: () => scrollTo.mock.calls.at(-1)?.[0],
    zoom: () => Number(scale.textContent),
    key: (key: string, code = '') => fireEvent.keyDown(document.documentElement, { key, code }),
  }
}

afterEach(() => {
  // It is kept from one view to the next.
  fireEvent.keyDown(document.documentElement, { key: '0' })
  cleanup()
})

test.each([{ ctrlKey: true }, { metaKey: true }])(
  'the wheel with %o zooms around the pointer, and the page stays as it is',
  (modifier) => {
    const { scale, zoom, scrolledTo } = showScale({ direction: 'down' })

    const isLeft = fireEvent.wheel(scale, { ...modifier, deltaY: -300 * Math.log(2), clientY: 300 })

    expect(isLeft).toBe(false)
    expect(zoom()).toBe(2)
    // 60 px scrolled and 200 px from the edge: twice that, with the pointer still 200 px from it
    expect(scrolledTo()?.top).toBeCloseTo(320)
  },
)

test('the wheel alone scrolls', () => {
  const { scale, zoom } = showScale({ direction: 'down' })

  expect(fireEvent.wheel(scale, { deltaY: -300 })).toBe(true)
  expect(zoom()).toBe(1)
})

test('across it zooms around the pointer on the scale, without what is next to it', () => {
  const { scale, zoom, scrolledTo } = showScale({ direction: 'across', inset: 150 })

  fireEvent.wheel(scale, { ctrlKey: true, deltaY: -300 * Math.log(2), clientX: 260 })

  expect(zoom()).toBe(2)
  expect(scrolledTo()?.left).toBeCloseTo(220)
})

test.each([
  ['down', 300],
  ['across', 325],
] as const)('%s the keys + and - zoom around the middle, and 0 shows all', (direction, middle) => {
  const { zoom, scrolledTo, key } = showScale({ direction, inset: 150 })

  key('+')
  expect(zoom()).toBe(1.5)
  const { top, left } = scrolledTo() ?? {}
  expect(top ?? left).toBeCloseTo((60 + middle) * 1.5 - middle)
  key('=')
  expect(zoom()).toBe(2.25)
  key('-')
  expect(zoom()).toBe(1.5)
  key('0')
  expect(zoom()).toBe(1)
})

test('the keys zoom around the pointer while it is there', () => {
  const { scale, scrolledTo, key } = showScale({ direction: 'down' })

  fireEvent.pointerMove(scale, { clientY: 140 })
  key('+')
  expect(scrolledTo()?.top).toBeCloseTo((60 + 40) * 1.5 - 40)

  fireEvent.pointerLeave(scale)
  key('+')
  expect(scrolledTo()?.top).toBeCloseTo((60 + 300) * 1.5 - 300)
})

test('it zooms out no further than all', () => {
  const { zoom, scrolledTo, key } = showScale({ direction: 'down' })

  key('-')

  expect(zoom()).toBe(1)
  expect(scrolledTo()).toBeUndefined()
})

test('another view is as large, along the same direction', () => {
  showScale({ direction: 'down' }).key('+')
  cleanup()

  expect(showScale({ direction: 'across' }).zoom()).toBe(1)
  cleanup()
  expect(showScale({ direction: 'down' }).zoom()).toBe(1.5)
})
