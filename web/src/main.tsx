import { loadTemporal } from './time/temporal.ts'

await loadTemporal()
const { mount } = await import('./app/App.tsx')
mount(document.getElementById('root'))
