import { expect, test } from 'vitest'
import { childEnvironment } from './environment.ts'
import { readIsolation } from './isolation.ts'

test('a task says by metadata that it has a process of its own, and what that may use', () => {
  expect([undefined, null, false].map(readIsolation)).toEqual([null, null, null])
  expect(readIsolation(true)).toEqual({ memory: null, cpu: null, runs: 1, env: [] })
  expect(readIsolation({ memory: '256 MB', cpu: '90 seconds', runs: 5, env: ['S3_BUCKET'] })).toEqual({
    memory: 256,
    cpu: 90,
    runs: 5,
    env: ['S3_BUCKET'],
  })
  expect(readIsolation({ memory: '2GB', cpu: '2 minutes' })).toMatchObject({ memory: 2_048, cpu: 120 })
  expect(readIsolation({ cpu: '1 hour' })).toMatchObject({ cpu: 3_600 })
  expect(readIsolation({ cpu: '1 h' })).toMatchObject({ cpu: 3_600 })
})

test.each([
  ['yes', 'isolation is true, or { memory, cpu, runs, env }, and not "yes".'],
  [[], 'isolation is true, or { memory, cpu, runs, env }, and not [].'],
  [{ mem: '1 GB' }, 'isolation.mem is not known: there are memory, cpu, runs, env.'],
  [
    { memory: 256 },
    `isolation.memory is a text such as '256 MB' or '2 GB', from 64 MB to 1024 GB, and not 256.`,
  ],
  [{ memory: '63 MB' }, 'isolation.memory is a text such as'],
  [{ memory: '1025 GB' }, 'isolation.memory is a text such as'],
  [
    { cpu: 'long' },
    `isolation.cpu is a text such as '30 seconds' or '5 minutes', from 1 second to 24 hours, and not "long".`,
  ],
  [{ cpu: '0 s' }, 'isolation.cpu is a text such as'],
  [{ cpu: '25 hours' }, 'isolation.cpu is a text such as'],
  [{ runs: 0 }, 'isolation.runs is a whole number from 1 to 10000, and not 0.'],
  [{ runs: 1.5 }, 'isolation.runs is a whole number'],
  [{ env: 'PATH' }, 'isolation.env is a list of up to 100 names of variables, and not "PATH".'],
  [{ env: ['A=B'] }, 'isolation.env is a list'],
])('what is wrong with it is said: %j', (value, message) => {
  expect(() => readIsolation(value)).toThrow(message)
})

test('a process gets what every program needs of the environment, and what its task names', () => {
  const given = childEnvironment(['OWN', 'MISSING'], {
    PATH: '/bin',
    LC_ALL: 'C',
    TZ: 'UTC',
    OWN: '1',
    DATABASE_URL: 'postgres://',
    PGPASSWORD: 'x',
    ALMANAC_SECRET_A: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
  })

  expect(given).toEqual({ PATH: '/bin', LC_ALL: 'C', TZ: 'UTC', OWN: '1' })
})
