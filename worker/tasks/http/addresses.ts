import { lookup as lookupNames, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { Agent, buildConnector } from 'undici'
import { markPermanent } from '../../runs/permanent.ts'
import type { AddressRange } from './settings.ts'

/** Public addresses that answer only inside a cloud: Azure's own services. */
const METADATA = ['168.63.129.16']
/** What is routed on the Internet. */
const GLOBAL = ipaddr.parseCIDR('2000::/3')

/**
 * Connections to public addresses and those that are `allowed`. It is the address that is connected to which is looked at, after the
 * name was resolved, so that neither a name, nor a redirect, nor a name that changes leads elsewhere.
 */
export function publicAgent(allowed: readonly AddressRange[], connectWithin: number): Agent {
  const connect = buildConnector({ timeout: connectWithin, lookup: lookupIn(allowed) })
  return new Agent({
    connect(options, callback) {
      const host = options.hostname.replace(/^\[(.*)\]$/, '$1')
      // Node resolves no names that are addresses already.
      if (isIP(host) && !isReachable(host, allowed)) callback(refused(host, [host]), null)
      else connect(options, callback)
    },
  })
}

/** Whether runs may connect to an address. */
export function isReachable(text: string, allowed: readonly AddressRange[]): boolean {
  const address = ipaddr.process(text.replace(/%.*$/, ''))
  if (allowed.some(([range, prefix]) => range.kind() === address.kind() && address.match(range, prefix)))
    return true
  if (METADATA.includes(address.toString()) || address.range() !== 'unicast') return false
  return address.kind() === 'ipv4' || address.match(GLOBAL)
}

function lookupIn(allowed: readonly AddressRange[]): LookupFunction {
  return (host, options, callback) => {
    lookupNames(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, [])
      const outside = addresses.filter(({ address }) => !isReachable(address, allowed))
      if (outside.length > 0) return callback(refused(host, addressesOf(outside)), [])
      const [first] = addresses
      if (options.all || !first) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

function addressesOf(found: readonly LookupAddress[]): string[] {
  return found.map(({ address }) => address)
}

function refused(host: string, found: readonly string[]): Error {
  const addresses = found.map((address) => ipaddr.process(address.replace(/%.*$/, '')).toString())
  const where = found[0] === host ? host : `${host} (${addresses.slice(0, 3).join(', ')})`
  return markPermanent(
    new Error(
      `${where} is not a public address, so runs may not reach it. Whoever runs the worker can allow it: ALMANAC_HTTP_ALLOW=${addresses[0]}`,
    ),
  )
}
