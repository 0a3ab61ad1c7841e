import {fileURLToPath} from 'node:url'

/** A file of the installed package, relative to its root: as deep below it in `src/` as in `dist/`. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url))
}
