import { extname, join } from 'node:path'

/** Extension of the program's files: `.ts` where the sources run, `.js` in the package that `npm pack` makes of them. */
export const EXTENSION = extname(import.meta.filename)

/** The folder of package.json. The package has the program in `dist/node`. */
export const PACKAGE_ROOT = join(import.meta.dirname, EXTENSION === '.ts' ? '..' : '../../..')

/** The built web client. */
export const WEB_FOLDER = join(PACKAGE_ROOT, 'dist/web')
