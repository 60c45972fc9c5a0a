import { createHash } from 'node:crypto'
import { CONTENT_SECURITY_POLICY } from '../security.ts'

/** Where GraphiQL's own files are. */
export const GRAPHIQL_FILES = '/ruru-static/'

/** GraphiQL's page has scripts of its own in it: each is allowed by its hash, and no other. */
export const GraphiqlPlugin: GraphileConfig.Plugin = {
  name: 'AlmanacGraphiqlPlugin',
  version: '1.0.0',
  grafserv: {
    middleware: {
      async ruruHTML(next, { htmlParts, request }) {
        // Without it, browsers ask for /favicon.ico, which there is not.
        htmlParts.metaTags += '<link rel="icon" href="data:," />'
        const html = await next()
        request.requestContext.node?.res.setHeader('content-security-policy', policyOf(html))
        return html
      },
    },
  },
}

function policyOf(html: string): string {
  const scripts = [...html.matchAll(/<script[^>]*>([^]*?)<\/script>/g)].map(([, script]) => script!)
  const hashes = scripts
    .filter(Boolean)
    .map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`)
  return CONTENT_SECURITY_POLICY.replace(
    "script-src 'self'",
    ["script-src 'self'", ...hashes].join(' '),
  ).concat("; font-src 'self' data:")
}
