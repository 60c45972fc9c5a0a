import { expect, test } from 'vitest'
import { isReachable } from './addresses.ts'
import { readHttpSettings } from './settings.ts'

test.each(['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111', '::ffff:8.8.8.8'])(
  '%s is public',
  (address) => {
    expect(isReachable(address, [])).toBe(true)
  },
)

test.each([
  ['this host', '0.0.0.0'],
  ['loopback', '127.0.0.1'],
  ['loopback', '127.8.9.1'],
  ['loopback', '::1'],
  ['unspecified', '::'],
  ['private', '10.1.2.3'],
  ['private', '172.16.0.1'],
  ['private', '172.31.255.255'],
  ['private', '192.168.0.1'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['metadata of Alibaba', '100.100.100.200'],
  ['link-local, metadata of AWS, GCP and Azure', '169.254.169.254'],
  ['services of Azure', '168.63.129.16'],
  ['benchmarks', '198.18.0.1'],
  ['documentation', '192.0.2.1'],
  ['multicast', '224.0.0.1'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['IPv4 in IPv6', '::ffff:127.0.0.1'],
  ['IPv4 in IPv6', '::ffff:a00:1'],
  ['IPv4 in IPv6, the old way', '::7f00:1'],
  ['NAT64', '64:ff9b::a00:1'],
  ['NAT64, local', '64:ff9b:1::a00:1'],
  ['6to4', '2002:7f00:1::'],
  ['Teredo', '2001::1'],
  ['unique local', 'fc00::1'],
  ['metadata of AWS', 'fd00:ec2::254'],
  ['link-local', 'fe80::1'],
  ['link-local with a zone', 'fe80::1%eth0'],
  ['site-local', 'fec0::1'],
  ['multicast', 'ff02::1'],
  ['documentation', '2001:db8::1'],
  ['discard', '100::1'],
])('%s is not: %s', (_what, address) => {
  expect(isReachable(address, [])).toBe(false)
})

test('what is allowed is reachable, and nothing next to it', () => {
  const { allowed } = readHttpSettings({ ALMANAC_HTTP_ALLOW: '10.1.0.0/16, 127.0.0.1, fd00::/64' })

  expect(
    ['10.1.255.1', '::ffff:10.1.0.1', '127.0.0.1', 'fd00::5'].map((address) => isReachable(address, allowed)),
  ).toEqual([true, true, true, true])
  expect(
    ['10.2.0.1', '127.0.0.2', 'fd00:1::5', '::1'].map((address) => isReachable(address, allowed)),
  ).toEqual([false, false, false, false])
})
