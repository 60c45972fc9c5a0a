import { expect, test } from 'vitest'
import { nameProblem, readSavedViews, renamedView, withoutView, withView } from './savedViews.ts'

const views = [
  { name: 'Failures', address: '/calendar/week?status=failed' },
  { name: 'Reports', address: '/calendar/month?tag=reports' },
]

test('what the database keeps is read; what leads elsewhere is not', () => {
  expect(readSavedViews(views)).toEqual(views)
  expect(readSavedViews(null)).toEqual([])
  expect(readSavedViews([{ name: 'a', address: 'https://elsewhere.example' }])).toEqual([])
})

test('a view takes the place of the one with its name, otherwise the last', () => {
  const day = { name: 'Reports', address: '/calendar/day?tag=reports' }
  expect(withView(views, day)).toEqual([views[0], day])
  expect(withView(views, { ...day, name: 'Day' })).toEqual([...views, { ...day, name: 'Day' }])
})

test('a renamed view keeps its place, and a deleted one is gone', () => {
  expect(renamedView(views, 'Failures', 'Broken').map(({ name }) => name)).toEqual(['Broken', 'Reports'])
  expect(withoutView(views, 'Failures')).toEqual([views[1]])
})

test('a name is something, and of one view alone', () => {
  expect(nameProblem('', views)).toBe('Enter a name.')
  expect(nameProblem('Reports', views)).toBe('Another view has this name.')
  expect(nameProblem('Nights', views)).toBeNull()
})
