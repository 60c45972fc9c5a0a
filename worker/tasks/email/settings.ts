import { domainToASCII } from 'node:url'

/** What the environment says of `almanac:email`. */
export interface EmailSettings {
  readonly server: EmailServer
  readonly from: Sender
  /** Who may be written to. */
  readonly allowed: readonly Recipients[]
}

interface EmailServer {
  readonly host: string
  readonly port: number
  /** From the first byte on, by STARTTLS, which it must have then, or not at all. */
  readonly tls: 'implicit' | 'starttls' | 'off'
  readonly login: Login | null
}

interface Login {
  readonly user: string
  readonly password: string
}

interface Sender {
  readonly name: string
  readonly address: string
}

/** One address, all of a domain, all of the domains below it, or everyone: null is any. */
interface Recipients {
  readonly mailbox: string | null
  readonly domain: string | null
  readonly isBelow: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** The variable with the address of the server, which has its password. */
export const EMAIL_URL = 'ALMANAC_EMAIL_URL'
const FROM = 'ALMANAC_EMAIL_FROM'
const ALLOW = 'ALMANAC_EMAIL_ALLOW'

/**
 * Reads `ALMANAC_EMAIL_URL`, `ALMANAC_EMAIL_FROM` and `ALMANAC_EMAIL_ALLOW`; null: no e-mail is sent from here. Throws an
 * error that names the variable which is wrong.
 */
export function readEmailSettings(environment: Environment): EmailSettings | null {
  const url = environment[EMAIL_URL]
  if (!url) return null
  return {
    server: readServer(url),
    from: readSender(environment[FROM] ?? ''),
    allowed: (environment[ALLOW] ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(readRecipients),
  }
}

/** What is wrong is not shown: a password may be part of it. */
function readServer(text: string): EmailServer {
  const url = /^smtps?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : null
  const tls = url?.searchParams.get('tls') ?? null
  const isKnown =
    url && [...url.searchParams.keys()].every((key) => key === 'tls') && [null, 'off'].includes(tls)
  if (!url || !isKnown || url.hostname === '' || !/^\/?$/.test(url.pathname) || url.hash !== '')
    throw new Error(
      `${EMAIL_URL} must be of the form smtps://user:password@smtp.example.com or smtp://user:password@smtp.example.com:587, with special characters in it percent-encoded; ?tls=off for a server without TLS.`,
    )
  const isImplicit = url.protocol.toLowerCase() === 'smtps:'
  const login = url.username === '' ? null : { user: decoded(url.username), password: decoded(url.password) }
  if (tls === 'off' && (isImplicit || login))
    throw new Error(`${EMAIL_URL} has tls=off, so it must begin with smtp:// and have no password.`)
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isImplicit ? 465 : 587) : Number(url.port),
    tls: tls === 'off' ? 'off' : isImplicit ? 'implicit' : 'starttls',
    login,
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error(`${EMAIL_URL} has a % that does not begin an escape: write %25 for a % in a password.`)
  }
}

/** A mailbox and a domain, without anything that would end an address in a header or a command. */
const ADDRESS = /^([\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64})@([\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*)$/u
/** Line breaks begin another header; the rest has a meaning in one. */
const NAME = /^[^\p{Cc}<>"\\]{0,200}$/u

function readSender(text: string): Sender {
  const [, name = '', address = text.trim()] = /^\s*"?([^"<>]*?)"?\s*<([^<>]*)>\s*$/.exec(text) ?? []
  const sender = { name: name.trim(), address }
  if (!isAddress(sender.address) || !NAME.test(sender.name))
    throw new Error(
      `${FROM} must be an address: almanac@example.com, or Almanac <almanac@example.com>. It is "${text.slice(0, 100)}".`,
    )
  return sender
}

function readRecipients(text: string): Recipients {
  if (text === '*') return { mailbox: null, domain: null, isBelow: false }
  const at = text.lastIndexOf('@')
  const mailbox = text.slice(0, at)
  const isBelow = text.slice(at + 1).startsWith('*.')
  const domain = text.slice(at + (isBelow ? 3 : 1))
  if (at < 1 || !isAddress(`${mailbox === '*' ? 'any' : mailbox}@${domain}`))
    throw new Error(
      `${ALLOW} must list addresses: *@example.com, ann@example.org, *@*.example.net, or * for everyone. "${text.slice(0, 100)}" is not one.`,
    )
  return { mailbox: mailbox === '*' ? null : mailbox.toLowerCase(), domain: domainToASCII(domain), isBelow }
}

/** Whether a text is one address and nothing else. */
export function isAddress(text: string): boolean {
  const domain = ADDRESS.exec(text)?.[2]
  return text.length <= 254 && domain !== undefined && domainToASCII(domain) !== ''
}

/** Whether an address may be written to. */
export function isAllowed(address: string, { allowed }: EmailSettings): boolean {
  const at = address.lastIndexOf('@')
  const mailbox = address.slice(0, at).toLowerCase()
  const domain = domainToASCII(address.slice(at + 1))
  return allowed.some(
    (one) =>
      (one.mailbox === null || one.mailbox === mailbox) &&
      (one.domain === null || (one.isBelow ? domain.endsWith(`.${one.domain}`) : domain === one.domain)),
  )
}
