import { expect, test } from 'vitest'
import type { Session } from '#lib/people/session.ts'
import { CLIENT_HEADER, ClientIps } from '#lib/process/client-ip.ts'
import { createLog } from '#lib/process/log.ts'
import { Origins } from '#lib/server/http/origins.ts'
import { Requests } from '#lib/server/http/requests.ts'

const ADA = { user: { userId: 'ada' } } as Session

function setUp() {
  const counted: string[] = []
  const requests = new Requests({
    origins: new Origins('https://write.example.org'),
    rates: {
      take: (name, { session = '', ip }) => {
        counted.push(`${name} ${session}|${ip}`)
        return 7
      },
    },
    clientIps: new ClientIps(0),
    log: createLog('silent'),
  })
  return { requests, counted }
}

test('a call counts for its IP address, or for its session alone', () => {
  const { requests, counted } = setUp()
  const headers = new Headers({ [CLIENT_HEADER]: '2001:db8:1:2:3:4:5:6' })
  expect(requests.takeRate('reads', headers, null)).toBe(7)
  expect(requests.takeRate('writes', headers, ADA)).toBe(7)
  expect(counted).toEqual([`reads |${requests.ipOf(headers)}`, 'writes ada|'])
  expect(requests.ipOf(headers)).not.toBe('')
})

test('only one of our pages or a program may change something', () => {
  const { requests } = setUp()
  const may = (headers: Record<string, string>) => requests.mayMutate(new Headers(headers))
  expect(may({ origin: 'https://write.example.org', host: 'write.example.org' })).toBe(true)
  expect(may({ host: 'write.example.org' })).toBe(true)
  expect(may({ origin: 'https://elsewhere.example', host: 'write.example.org' })).toBe(false)
  expect(may({ origin: 'null', 'sec-fetch-site': 'cross-site' })).toBe(false)
})
