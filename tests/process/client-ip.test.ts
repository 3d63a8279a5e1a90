import { once } from 'node:events'
import { createServer, IncomingMessage } from 'node:http'
import { type AddressInfo, connect, isIP, Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClientIps, trustedProxiesIn } from '#lib/process/client-ip.ts'

const ips = (setting: string) => new ClientIps(trustedProxiesIn(setting) ?? 0)

function request(remote: string | undefined, forwarded: string | undefined): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: remote })
  const made = new IncomingMessage(socket)
  if (forwarded !== undefined) made.headers['x-forwarded-for'] = forwarded
  return made
}

describe('where a request comes from', () => {
  test.for<
    [what: string, setting: string, remote: string | undefined, forwarded: string | undefined, client: string]
  >([
    ['no proxy: the socket', '0', '203.0.113.5', undefined, '203.0.113.5'],
    [
      'no proxy is trusted: what the header says is nothing',
      '0',
      '203.0.113.5',
      '198.51.100.1',
      '203.0.113.5',
    ],
    ['a socket that is gone', '0', undefined, undefined, ''],
    ['IPv4 inside IPv6', '0', '::ffff:203.0.113.5', undefined, '203.0.113.5'],
    ['one proxy', '1', '127.0.0.1', '198.51.100.1', '198.51.100.1'],
    [
      'one proxy, and a stranger who claims to be another',
      '1',
      '127.0.0.1',
      '8.8.8.8, 198.51.100.1',
      '198.51.100.1',
    ],
    ['two proxies', '2', '127.0.0.1', '8.8.8.8, 198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['fewer entries than proxies', '2', '127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['a proxy that adds nothing', '1', '127.0.0.1', undefined, '127.0.0.1'],
    ['a proxy that writes no address', '1', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['an empty header', '1', '127.0.0.1', '', '127.0.0.1'],
    ['a trusted network', '10.0.0.0/8', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['two in trusted networks', '10.0.0.0/8, ::1', '::1', '8.8.8.8, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
    ['a socket outside of them', '10.0.0.0/8', '203.0.113.5', '198.51.100.1', '203.0.113.5'],
    ['nobody outside of them', '10.0.0.0/8', '10.1.2.3', '10.0.0.9', '10.0.0.9'],
    ['rubbish before the proxy', '10.0.0.0/8', '10.1.2.3', '8.8.8.8, <script>', '10.1.2.3'],
    [
      'IPv4 inside IPv6 in a trusted network',
      '10.0.0.0/8',
      '::ffff:10.1.2.3',
      '198.51.100.1',
      '198.51.100.1',
    ],
    ['with a port', '1', '127.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['IPv6 with brackets and port', '1', '127.0.0.1', '[2001:DB8::1]:4711', '2001:db8::1'],
    ['IPv6 with a zone', '0', 'fe80::1%eth0', undefined, 'fe80::1'],
    ['a zone with a dot and a dash', '0', 'fe80::1%br-0.12', undefined, 'fe80::1'],
    ['a zone in a trusted network', 'fe80::/10', 'fe80::1%eth0', '198.51.100.1', '198.51.100.1'],
    ['a zone in the header', '1', '127.0.0.1', 'fe80::2%en0', 'fe80::2'],
    ['IPv4 inside IPv6, in hex', '0', '::ffff:cb00:7105', undefined, '203.0.113.5'],
    ['the same in the header', '1', '127.0.0.1', '::ffff:c633:6401', '198.51.100.1'],
    ['in hex in a trusted network', '10.0.0.0/8', '::ffff:a01:203', '198.51.100.1', '198.51.100.1'],
    ['IPv6 not shortened', '0', '2001:0DB8:0:0:0:0:0:1', undefined, '2001:db8::1'],
    ['an octal number', '1', '127.0.0.1', '0127.0.0.1', '127.0.0.1'],
    ['an address of two parts', '1', '127.0.0.1', '10.1', '127.0.0.1'],
    ['a lone number', '1', '127.0.0.1', '2130706433', '127.0.0.1'],
    ['a colon too many', '1', '127.0.0.1', ':::', '127.0.0.1'],
    ['brackets without an end', '1', '127.0.0.1', '[2001:db8::1', '127.0.0.1'],
    ['two in one entry', '1', '127.0.0.1', '8.8.8.8 198.51.100.1', '127.0.0.1'],
    ['rubbish in the chain, with two proxies', '2', '127.0.0.1', '8.8.8.8, unknown', '127.0.0.1'],
    ['rubbish beyond the chain', '1', '127.0.0.1', 'unknown, 198.51.100.1', '198.51.100.1'],
    ['an empty entry', '2', '127.0.0.1', '198.51.100.1, , 10.0.0.2', '10.0.0.2'],
    ['an empty last entry', '1', '127.0.0.1', '198.51.100.1,', '127.0.0.1'],
    ['only commas', '2', '127.0.0.1', ', ,,', '127.0.0.1'],
  ])('%s', ([_what, setting, remote, forwarded, client]) => {
    expect(ips(setting).ofRequest(request(remote, forwarded))).toBe(client)
  })

  test('of several headers the last entry of the last one is nearest', async () => {
    const server = createServer((received, response) => response.end(ips('2').ofRequest(received)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const headers = ['8.8.8.8', '198.51.100.1', '10.0.0.2'].map((ip) => `X-Forwarded-For: ${ip}\r\n`)
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers.join('')}\r\n`)
    const answer = (await socket.toArray()).join('')
    expect(answer).toMatch(/198\.51\.100\.1$/)
    server.close()
  })

  test('is an IP address or nothing, whatever the header says', () => {
    const entry = fc.oneof(
      fc.ipV4(),
      fc.ipV4Extended(),
      fc.ipV6(),
      fc.string(),
      fc.string({ unit: fc.constantFrom(...':[]%.f0 ') }),
    )
    fc.assert(
      fc.property(fc.array(entry), fc.nat({ max: 3 }), (entries, proxies) => {
        const client = new ClientIps(proxies).ofRequest(request('127.0.0.1', entries.join(', ')))
        expect(isIP(client)).not.toBe(0)
      }),
    )
  })

  test('can be any IP address that Node accepts', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (ip) => {
        const client = ips('1').ofRequest(request('127.0.0.1', ip))
        if (isIP(ip) === 4) expect(client).toBe(ip)
        else expect(ips('1').ofRequest(request(client, undefined))).toBe(client)
        expect(ips('1').keyOf(client)).toBe(ips('1').keyOf(ip))
      }),
    )
  })
})

describe('the key that is counted', () => {
  test.for<[address: string, key: string]>([
    ['203.0.113.5', '203.0.113.5'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::2', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['2001:db8:1:2:ffff::198.51.100.1', '2001:db8:1:2'],
  ])('%s is %s', ([address, key]) => {
    expect(ips('0').keyOf(address)).toBe(key)
    expect(ips('1').keyOf(address)).toBe(key)
  })

  test('this machine has no key until a trusted proxy is set', () => {
    expect(ips('0').keyOf('127.0.0.1')).toBe('')
    expect(ips('0').keyOf('127.8.8.8')).toBe('')
    expect(ips('0').keyOf('::1')).toBe('')
    expect(ips('1').keyOf('127.0.0.1')).toBe('127.0.0.1')
    expect(ips('127.0.0.1').keyOf('127.0.0.1')).toBe('127.0.0.1')
  })
})

describe('the setting', () => {
  test.for([
    '',
    '10',
    'none',
    '10.0.0.0/33',
    '10.0.0.0/8;::1',
    '10.0.0/8',
    '-1',
    '::/129',
    'localhost',
    'loopback',
    '010.0.0.0/8',
  ])('%s is refused', (setting) => {
    expect(trustedProxiesIn(setting)).toBeNull()
  })

  test('is a number of proxies or their networks', () => {
    expect(trustedProxiesIn('2')).toBe(2)
    expect(trustedProxiesIn('10.0.0.0/8, ::1')).toEqual([
      { ip: '10.0.0.0', prefix: 8 },
      { ip: '::1', prefix: 128 },
    ])
  })
})
