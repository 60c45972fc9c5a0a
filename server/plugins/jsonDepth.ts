import { nestsDeeper } from '../../process/nestsDeeper.ts'
import { LIMITS } from '../limits/limits.ts'

/**
 * JSON.stringify() overflows the stack on a value that nests deeply, and the whole answer is lost: a note takes the
 * place of each such value, as in results that a worker does not keep.
 */
export const JsonDepthPlugin: GraphileConfig.Plugin = {
  name: 'AlmanacJsonDepthPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLScalarType: (config) =>
        config.name === 'JSON'
          ? { ...config, serialize: (value) => (isTooDeep(value) ? NOTE : value) }
          : config,
    },
  },
}

const isTooDeep = (value: unknown) => nestsDeeper(value, LIMITS.mostLevels)

const NOTE = {
  omitted: `This value has more than ${LIMITS.mostLevels} levels. Read it with SQL, and store one with fewer.`,
}
