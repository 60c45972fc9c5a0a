/** Where a browser on this machine finds what listens at a host and port. */
export function addressOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

/** Why nothing can listen at a host and port, with what to do. */
export function listenError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  return new Error(listenProblem(cause, host, port), { cause })
}

function listenProblem({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Another program uses port ${port} of ${host}, perhaps another "almanac server" or "almanac start".\nStop it, or set PORT to one that is free: PORT=${port < 65_535 ? port + 1 : 5678}.`
    case 'EACCES':
      return `The port ${port} of ${host} may not be opened by this user.\nSet PORT to 1024 or higher, and put a proxy in front at ${port}.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return `The host ${host} is not an address of this machine.\nSet HOST to 127.0.0.1 for this machine alone, or to 0.0.0.0 for all of its addresses.`
    default:
      return `The server cannot listen at HOST ${host}, PORT ${port}: ${message}.\nSet HOST and PORT to an address of this machine.`
  }
}
