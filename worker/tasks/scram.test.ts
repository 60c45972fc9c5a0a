import { expect, test } from 'vitest'
import { createTestDatabase } from '../../tests/database/createTestDatabase.ts'
import { scramVerifier } from './scram.ts'

test('it is what PostgreSQL would have made of the password', () => {
  expect(scramVerifier('pencil', { salt: Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64') })).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  )
})

test('the database makes the same of a password', async () => {
  const db = await createTestDatabase()
  const rows = await db.query<{ password: string; verifier: string }>(
    `select p.password, almanac_private.scram_verifier(p.password) as verifier
     from (values ('pencil'), ('a longer one, with ünusual létters'), (almanac_private.new_password())) p(password)`,
  )

  for (const { password, verifier } of rows) {
    const [, iterations, salt] = /^SCRAM-SHA-256\$(\d+):([^$]+)/.exec(verifier)!
    expect(verifier).toBe(
      scramVerifier(password, { salt: Buffer.from(salt!, 'base64'), iterations: Number(iterations) }),
    )
  }
  await db.drop()
})
