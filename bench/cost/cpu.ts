import { readFileSync } from 'node:fs'
import type { Client } from 'pg'
import { value } from '../database.ts'

/** Gives a clock of the CPU time that a connection's server process has taken, in milliseconds. */
export async function cpuOf(client: Client): Promise<() => number> {
  const pid = await value<number>(client, 'select pg_backend_pid()')
  const read = () => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1_000_000
  try {
    read()
  } catch (error) {
    throw new Error('The CPU time of PostgreSQL is known where it runs: on this machine, under Linux.', {
      cause: error,
    })
  }
  return read
}
