import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { encodingFor, isFixed, type Encoding } from '../encoding.ts'

/** What is shorter fits into one packet as it is. */
const LEAST_BYTES = 1_000

const COMPRESS: Readonly<Record<Encoding, (content: Buffer) => Promise<Buffer>>> = {
  // The default quality of brotli, 11, takes a hundred times as long.
  br: (content) =>
    promisify(brotliCompress)(content, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 4,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      },
    }),
  gzip: (content) => promisify(gzip)(content),
}

/**
 * Compresses answers over HTTP, off the event loop and within the turn of their request. An answer is whole and bounded before
 * it comes here; what is sent in parts passes as it is.
 */
export const CompressedAnswersPlugin: GraphileConfig.Plugin = {
  name: 'AlmanacCompressedAnswersPlugin',
  version: '1.0.0',
  grafserv: {
    middleware: {
      async processRequest(next, { requestDigest }) {
        const result = await next()
        if (result?.type !== 'buffer' && result?.type !== 'json') return result
        if (isEncoded(result.headers)) return result
        const { statusCode } = result
        const content = result.type === 'json' ? Buffer.from(JSON.stringify(result.json)) : result.buffer
        const headers = { ...withoutLength(result.headers), Vary: 'Accept-Encoding' }
        const asked = requestDigest.requestContext.node?.req.headers
        const encoding =
          asked && content.length >= LEAST_BYTES && !isFixed(result.headers['Cache-Control'])
            ? encodingFor(asked)
            : undefined
        const buffer = encoding === undefined ? content : await COMPRESS[encoding](content)
        return {
          type: 'buffer',
          statusCode,
          headers: {
            ...headers,
            'Content-Length': String(buffer.length),
            ...(encoding !== undefined && { 'Content-Encoding': encoding }),
          },
          buffer,
        }
      },
    },
  },
}

function isEncoded(headers: Readonly<Record<string, string>>): boolean {
  return Object.keys(headers).some((name) => /^content-encoding$/i.test(name))
}

function withoutLength(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^content-length$/i.test(name)))
}
