// What Mantine asks of a browser, and jsdom lacks. Nothing here has a size or a place, so nothing is told of either. Tests
// that ask for the environment of Node have no window.

if ('window' in globalThis) {
  // What is on its way may take its time where a machine is busy; what never comes is still an error.
  const { configure } = await import('@testing-library/react')
  configure({ asyncUtilTimeout: 15_000 })
  window.matchMedia = (media) =>
    Object.assign(new EventTarget(), {
      media,
      matches: false,
      onchange: null,
      addListener: () => undefined,
      removeListener: () => undefined,
    })
  globalThis.ResizeObserver = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  }
  Object.defineProperty(document, 'fonts', { value: new EventTarget() })
  Element.prototype.scrollIntoView = () => undefined
}
