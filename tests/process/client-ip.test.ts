import { describe, expect, test } from 'vitest'
import { ClientIps, trustedProxiesIn } from '#lib/process/client-ip.ts'

const ips = (setting: string) => new ClientIps(trustedProxiesIn(setting) ?? 0)

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
  ])('%s', ([_what, setting, remote, forwarded, client]) => {
    expect(ips(setting).of(remote, forwarded)).toBe(client)
  })
})

describe('what is counted', () => {
  test.for<[address: string, key: string]>([
    ['203.0.113.5', '203.0.113.5'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::2', '0:0:0:0'],
  ])('%s is %s', ([address, key]) => {
    expect(ips('0').keyOf(address)).toBe(key)
    expect(ips('1').keyOf(address)).toBe(key)
  })

  test('this machine is nobody in particular, until it is told which proxy stands before it', () => {
    expect(ips('0').keyOf('127.0.0.1')).toBe('')
    expect(ips('0').keyOf('::1')).toBe('')
    expect(ips('1').keyOf('127.0.0.1')).toBe('127.0.0.1')
    expect(ips('127.0.0.1').keyOf('127.0.0.1')).toBe('127.0.0.1')
  })
})

describe('the setting', () => {
  test.for(['', '10', 'none', '10.0.0.0/33', '10.0.0.0/8;::1', '10.0.0/8', '-1', '::/129', 'localhost'])(
    '%s is refused',
    (setting) => {
      expect(trustedProxiesIn(setting)).toBeNull()
    },
  )

  test('is a number of proxies or their networks', () => {
    expect(trustedProxiesIn('2')).toBe(2)
    expect(trustedProxiesIn('10.0.0.0/8, ::1')).toEqual([
      { address: '10.0.0.0', prefix: 8 },
      { address: '::1', prefix: 128 },
    ])
  })
})
