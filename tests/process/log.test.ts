import { expect, test } from 'vitest'
import { Addresses } from '#lib/library/addresses.ts'
import { Tokens } from '#lib/people/tokens.ts'
import { createLog } from '#lib/process/log.ts'

const SECRET = 'a secret of more than thirty-two characters'

function newAddress(): string {
  const addresses = new Addresses(SECRET)
  return addresses.addressOf(addresses.newLinkId())
}

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  let lines = ''
  const destination = {
    write: (line: string) => {
      lines += line
    },
  }
  write(createLog('info', destination))
  return lines
}

test('an event has a stable name, a level and a time', () => {
  const line = JSON.parse(logged((log) => log.info({ documents: 3 }, 'jobs.untouched-erased')))
  expect(line).toEqual({
    level: 'info',
    event: 'jobs.untouched-erased',
    documents: 3,
    at: expect.any(String),
  })
})

test('addresses, tokens and cookies do not get into the log, not even inside an error', () => {
  const address = newAddress()
  const tokens = new Tokens(SECRET, Date.now)
  const { token } = tokens.issue('ada', 'session')
  const line = logged((log) => {
    const error = new Error(
      `GET /d/${address}?x and ${address} failed with cp_${'A1b2'.repeat(10)} and ${token}, cookie: commonplace=abcdef`,
    )
    log.error({ err: error, headers: { cookie: 'commonplace=abcdef' } }, 'route.failed')
  })
  expect(line).toContain('/d/[address]')
  expect(line).not.toContain(address)
  expect(line).not.toContain('A1b2')
  expect(line).not.toContain(token.slice(4, 40))
  expect(line).not.toContain('abcdef')
})

test('a user id is logged only in its own field: the same letters in a text could be an address', () => {
  const address = newAddress()
  const userId = 'kQ3vT8sLw0ZrB5nYc7HdMx2JfGp9EuAa'
  const about = { documentId: 'abc', userId, reason: `{"userId":"${address}"} {\\"userId\\":\\"${address}` }
  const line = logged((log) => {
    log.warn({ ...about, linkId: address, err: new Error(`"userId":"${address}"`) }, 'room.schema-broken')
  })
  expect(JSON.parse(line)).toMatchObject({ documentId: 'abc', userId, linkId: '[key]' })
  expect(line.split('[key]')).toHaveLength(6)
  expect(line).not.toContain(address)
})
