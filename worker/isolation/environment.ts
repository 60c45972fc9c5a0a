/** Variables that programs need to find others, and to know language, time zone, certificates and where to put files. */
const COMMON = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR', 'TMP', 'TEMP', 'TZ', 'LANG', 'LANGUAGE'],
  ...['NODE_ENV', 'NODE_OPTIONS', 'NODE_PATH', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
])

/** The part of an environment that a task in a process of its own gets: what every program needs, and what it names. */
export function childEnvironment(names: readonly string[], environment = process.env): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => COMMON.has(name) || name.startsWith('LC_') || names.includes(name),
    ),
  )
}
