import { mount } from './app/App.tsx'
import { loadTemporal } from './time/temporal.ts'

// Nothing is told of a time before that.
await loadTemporal()
mount(document.getElementById('root'))
